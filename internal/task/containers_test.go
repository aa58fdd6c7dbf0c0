package task

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/golden"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// containerHost is a server of a lab in a network.
func containerHost(network string, admin ...string) Host {
	l := &lab.Lab{Name: "home", Choose: map[string]string{"container-platform": "docker"}}
	l.Network = lab.Network{CIDR: netip.MustParsePrefix(network), Gateway: netip.MustParsePrefix(network).Addr().Next(), Admin: prefixes(admin...)}
	h := lab.Host{Name: "atlas", Roles: []lab.Role{lab.Server}, Address: l.Network.Gateway.Next()}
	l.Hosts = []lab.Host{h}
	return Host{Lab: l, Host: h, Facts: wire.Facts{OS: wire.OS{ID: "debian", Version: "13", Name: "Debian GNU/Linux 13 (trixie)"}, Routes: []string{l.Network.Gateway.String()}}}
}

func withIPv6(h Host, gateway string) Host {
	h.Host.Address6 = netip.MustParseAddr("fd83::10")
	h.Facts.Routes = append(h.Facts.Routes, gateway)
	return h
}

func withMirror(h Host) Host {
	h.Lab.Images.Mirror = "https://mirror.home.arpa:5000"
	return h
}

func TestDockerOptions(t *testing.T) {
	for name, h := range map[string]Host{
		"docker-ipv4.json":         containerHost("192.168.1.0/24", "192.168.1.0/24"),
		"docker-ipv6.json":         withIPv6(containerHost("192.168.1.0/24", "192.168.1.0/24"), "fd83::1"),
		"docker-ipv6-routers.json": withIPv6(containerHost("192.168.1.0/24", "192.168.1.0/24"), "fe80::1"),
		"docker-mirror.json":       withMirror(containerHost("192.168.1.0/24", "192.168.1.0/24")),
		"docker-taken.json":        containerHost("172.16.0.0/12", "172.16.0.0/12", "10.250.0.0/24", "10.100.0.0/16"),
	} {
		golden.Check(t, filepath.Join("testdata", name), dockerOptions(h))
	}
}

func TestPoolsMeetNoNetworkOfTheLab(t *testing.T) {
	for _, c := range []struct {
		networks []string
		want     []string
	}{
		{[]string{"10.0.0.0/8"}, []string{"172.31.0.0/16", "172.30.0.0/16"}},
		{[]string{"10.0.0.0/8", "172.31.5.7/32"}, []string{"172.30.0.0/16", "172.29.0.0/16"}},
		{[]string{"10.0.0.0/8", "172.16.0.0/12"}, []string{"192.168.240.0/20", "192.168.224.0/20"}},
		{[]string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}, nil},
	} {
		var got []string
		h := containerHost(c.networks[0], c.networks[1:]...)
		for _, p := range addressPools(h.Lab) {
			got = append(got, p.Base)
			if base := netip.MustParsePrefix(p.Base); slices.ContainsFunc(namedNetworks(h.Lab), base.Overlaps) {
				t.Errorf("%v: %s meets one of them", c.networks, base)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.networks, diff)
		}
	}
}

// TestDockerWork is about the packages of each system, and about what is there.
func TestDockerWork(t *testing.T) {
	for _, c := range []struct {
		name, id, version string
		there             wire.Docker
		packages          string
		lacks             bool
	}{
		{"Debian 13", "debian", "13", wire.Docker{}, "docker-cli docker-compose docker.io", false},
		{"Debian 12", "debian", "12", wire.Docker{}, "docker.io", true},
		{"Ubuntu 22.04", "ubuntu", "22.04", wire.Docker{}, "docker-compose-v2 docker.io", false},
		{"Ubuntu 24.04", "ubuntu", "24.04", wire.Docker{}, "docker-compose-v2 docker.io", false},
		{"Docker's own packages", "debian", "12", wire.Docker{EngineElsewhere: true, ComposeElsewhere: true}, "", false},
		{"Docker's own Engine alone", "debian", "13", wire.Docker{EngineElsewhere: true}, "", true},
		{"a plugin installed by hand", "debian", "12", wire.Docker{ComposeElsewhere: true}, "docker.io", false},
	} {
		h := containerHost("192.168.1.0/24")
		h.Facts.OS = wire.OS{ID: c.id, Version: c.version, Name: c.name}
		h.Facts.Docker = c.there
		var packages, order []string
		var lacks string
		for _, w := range docker(h) {
			for _, r := range w.Resources {
				order = append(order, string(r.Kind()))
				switch r := r.(type) {
				case resource.Packages:
					packages = append(packages, r.Names...)
				case resource.DockerDaemon:
					lacks = r.Lacks
				}
				if err := r.Validate(); err != nil {
					t.Errorf("%s: %s %s: %v", c.name, r.Kind(), r.Key(), err)
				}
			}
		}
		if got := strings.Join(packages, " "); got != c.packages || (lacks != "") != c.lacks {
			t.Errorf("%s: packages %q, lacks %q", c.name, got, lacks)
		}
		if order[0] != "docker-daemon" {
			t.Errorf("%s: the work begins with %s", c.name, order[0])
		}
	}
}

func TestDockerIsForServersAndWorkers(t *testing.T) {
	h := containerHost("192.168.1.0/24")
	h.Lab.Hosts = append(h.Lab.Hosts, lab.Host{Name: "nas", Roles: []lab.Role{lab.Storage}}, lab.Host{Name: "muscle", Roles: []lab.Role{lab.Worker}})
	var names []string
	for _, s := range platforms(h.Lab, nil) {
		names = append(names, s.Host)
	}
	if got := strings.Join(names, " "); got != "atlas muscle" {
		t.Errorf("the platform is looked at on %s", got)
	}
	h.Host = h.Lab.Hosts[1]
	if work := docker(h); len(work) != 0 {
		t.Errorf("a host that only stores gets %+v", work)
	}
	for platform, want := range map[string]bool{"docker": true, "k3s": false, "": false} {
		h.Lab.Choose["container-platform"] = platform
		if WithDocker(h.Lab) != want {
			t.Errorf("%q: %v", platform, !want)
		}
	}
	h.Lab.Choose["container-platform"], h.Lab.Hosts = "docker", h.Lab.Hosts[1:2]
	if WithDocker(h.Lab) {
		t.Error("a lab that only stores has the platform")
	}
}
