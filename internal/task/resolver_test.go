package task

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"cairn/internal/catalog"
	"cairn/internal/evidence"
	"cairn/internal/golden"
	"cairn/internal/lab"
	"cairn/internal/names"
	"cairn/internal/resource"
	"cairn/internal/wiring"
)

// withResolver is a host that resolves names.
func withResolver() Host {
	h := containerHost("192.168.1.0/24", "192.168.1.0/24")
	h.Resolver = &names.Server{
		Domain: "home.home.arpa", Listen: []netip.Addr{h.Host.Address}, Upstream: []netip.Addr{h.Lab.Network.Gateway},
		Records: []names.Record{{Name: "wiki.home.home.arpa", Addresses: []netip.Addr{h.Host.Address}}},
	}
	return h
}

// resolverWork are the resources of a host that are about the resolver, in order.
func resolverWork(t *testing.T, h Host) string {
	t.Helper()
	var all []string
	for _, w := range append(docker(h), behindProxy(h)...) {
		for _, r := range w.Resources {
			if err := r.Validate(); err != nil {
				t.Error(err)
			}
			if key := string(r.Kind()) + " " + r.Key(); strings.Contains(key, "dnsmasq") || strings.Contains(key, "cairn-names") {
				all = append(all, fmt.Sprint(key, " after ", len(w.After)))
			}
		}
	}
	return strings.Join(all, ", ")
}

// TestResolverComesAndGoes: the package is there before the unit, and a host that should
// have no resolver loses the one that it has.
func TestResolverComesAndGoes(t *testing.T) {
	with, without := withResolver(), containerHost("192.168.1.0/24")
	golden.Check(t, "testdata/"+resource.ResolverUnit, resolverUnit("/usr/sbin/dnsmasq", *with.Resolver))
	there := without
	there.Facts.Resolver = true
	again := with
	again.Facts.Resolver = true
	const set = "packages dnsmasq-base after 0, unit cairn-names.service after 1"
	for _, c := range []struct {
		name string
		host Host
		want string
	}{
		{"set up", with, set}, {"kept", again, set}, {"none", without, ""},
		{"removed", there, "unit cairn-names.service after 0, file /etc/systemd/system/cairn-names.service after 1"},
	} {
		if got := resolverWork(t, c.host); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// TestWhatClientsAsk: the looks are about Cairn's resolvers, or about the owner's.
func TestWhatClientsAsk(t *testing.T) {
	four, six := netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("fd00::10")
	l := &lab.Lab{
		Domain: "home.home.arpa", Choose: map[string]string{"names": lab.Dnsmasq}, Network: lab.Network{DNS: []netip.Addr{netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("fd00::1")}},
		Hosts: []lab.Host{{Name: "atlas", Address: four, Address6: six, Roles: []lab.Role{lab.Server}}},
	}
	w := &wiring.Wiring{Releases: []wiring.Release{{Host: "atlas", Routes: []wiring.Route{{FQDN: "wiki.home.home.arpa", Host: "atlas"}}}}}
	w.Releases[0].Service = &catalog.Service{}
	both := []netip.Addr{four, six}
	wiki, atlas := names.Record{Name: "wiki.home.home.arpa", Addresses: both}, names.Record{Name: "atlas.home.home.arpa", Addresses: both}
	for choice, want := range map[string][]evidence.NameArguments{
		lab.Dnsmasq:     {{Address: four, Names: []names.Record{atlas, wiki}}},
		lab.OwnResolver: {{Address: l.Network.DNS[0], Names: []names.Record{wiki}}, {Address: l.Network.DNS[1], Names: []names.Record{wiki}}},
		"":              nil,
	} {
		l.Choose["names"] = choice
		got := resolvers(l, w)
		if len(got) != len(want) {
			t.Errorf("%s: %+v", choice, got)
			continue
		}
		for i, a := range want {
			a.Port, a.Domain = 53, l.Domain
			if fmt.Sprint(got[i].Arguments["name-resolves"]) != fmt.Sprint(a) || got[i].Host != "atlas" {
				t.Errorf("%s: %+v", choice, got[i])
			}
		}
	}
	if got := resolvers(l, &wiring.Wiring{}); got != nil {
		t.Errorf("without services: %+v", got)
	}
}
