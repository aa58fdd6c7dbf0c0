package engine

import (
	"context"
	"slices"
	"sync"

	"cairn/internal/lab"
	"cairn/internal/wiring"
)

// RegistryImage is what the name of an image means at its registry.
type RegistryImage struct {
	Service string
	Host    string // which asked
	Image   string
	Digest  string // of its manifest; empty if there is a failure
	Failure error
}

// RegistryImages has each host ask what the images of its releases mean at their
// registries now. It changes nothing. The result is sorted by service, host and image.
func (e *Engine) RegistryImages(ctx context.Context, releases []wiring.Release) ([]RegistryImage, error) {
	var hosts []lab.Host
	for _, h := range e.targets() {
		if slices.ContainsFunc(releases, func(r wiring.Release) bool { return r.Host == h.Name }) {
			hosts = append(hosts, h)
		}
	}
	f := e.connectAll(ctx, hosts)
	defer f.close()
	var mu sync.Mutex
	var all []RegistryImage
	f.each(hosts, func(h lab.Host) {
		for _, r := range releases {
			if r.Host != h.Name {
				continue
			}
			found := e.askRegistry(ctx, f, h, r)
			mu.Lock()
			all = append(all, found...)
			mu.Unlock()
		}
	})
	slices.SortFunc(all, func(a, b RegistryImage) int {
		return slices.Compare([]string{a.Service, a.Host, a.Image}, []string{b.Service, b.Host, b.Image})
	})
	return all, ctx.Err()
}

func (e *Engine) askRegistry(ctx context.Context, f *fleet, h lab.Host, r wiring.Release) (all []RegistryImage) {
	names, err := r.Images()
	if err != nil {
		return []RegistryImage{{Service: r.Service.Name, Host: h.Name, Failure: err}}
	}
	session, unreachable := f.session(ctx, h)
	for _, name := range names {
		image := RegistryImage{Service: r.Service.Name, Host: h.Name, Image: name, Failure: unreachable}
		if unreachable == nil {
			image.Digest, image.Failure = session.RegistryDigest(ctx, name)
		}
		all = append(all, image)
	}
	return all
}
