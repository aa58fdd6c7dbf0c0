package task

import (
	"slices"
	"testing"

	"cairn/internal/catalog"
	"cairn/internal/resource"
	"cairn/internal/wiring"
)

// TestTheProxyBefore goes with the release of the one that replaces it: with another one
// if the host has one, and by itself if it has none.
func TestTheProxyBefore(t *testing.T) {
	release := func(name, product string) wiring.Release {
		return wiring.Release{Service: &catalog.Service{Name: name, Proxy: product}}
	}
	for _, c := range []struct {
		name            string
		remembered      []string
		releases        []wiring.Release
		replaced, alone []string
	}{
		{"another proxy", []string{"notes", "traefik", "whoami"}, []wiring.Release{release("whoami", ""), release("caddy", "caddy")}, []string{"traefik"}, []string{"notes"}},
		{"the same proxy", []string{"traefik", "whoami"}, []wiring.Release{release("whoami", ""), release("traefik", "traefik")}, nil, nil},
		{"no proxy any more", []string{"traefik", "whoami"}, nil, nil, []string{"traefik", "whoami"}},
	} {
		h := containerHost("192.168.1.0/24")
		h.Facts.Docker.Services, h.Releases = c.remembered, c.releases
		var alone []string
		for _, w := range unwanted(h, nil) {
			for _, r := range w.Resources {
				if s := r.(resource.Service); s.Absent {
					alone = append(alone, s.Name)
				}
			}
		}
		if !slices.Equal(alone, c.alone) {
			t.Errorf("%s: %v go by themselves, instead of %v", c.name, alone, c.alone)
		}
		if got := replacedProxies(h); !slices.Equal(got, c.replaced) {
			t.Errorf("%s: %v are replaced, instead of %v", c.name, got, c.replaced)
		}
	}
}
