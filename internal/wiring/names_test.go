package wiring

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	builtin "cairn/catalog"
	"cairn/internal/catalog"
	"cairn/internal/lab"
	"cairn/internal/problem"
)

// TestNames checks which names a lab has: each leads to the host that serves it, and a
// service has its name even if a host is called the same.
func TestNames(t *testing.T) {
	l, w := onTwoHosts(t, nil)
	for i, h := range l.Hosts {
		switch h.Name {
		case "boreas":
			l.Hosts[i].Address6 = netip.MustParseAddr("fd00::11")
		case "visitor":
			l.Hosts[i].Name = "whoami"
		}
	}
	var got strings.Builder
	for _, r := range w.Names(l) {
		fmt.Fprintln(&got, r.Name, r.Addresses)
	}
	const want = `atlas.home.home.arpa [192.168.1.10]
boreas.home.home.arpa [192.168.1.11 fd00::11]
ca.home.home.arpa [192.168.1.10]
store.home.home.arpa [192.168.1.11 fd00::11]
whoami.home.home.arpa [192.168.1.10]
`
	if got.String() != want {
		t.Errorf("the names are\n%s", got.String())
	}
	if none := (&Wiring{}).Names(&lab.Lab{}); len(none) != 0 {
		t.Errorf("a lab without hosts has the names %v", none)
	}
}

// addresses are IP addresses of a test.
func addresses(all ...string) []netip.Addr {
	var parsed []netip.Addr
	for _, a := range all {
		parsed = append(parsed, netip.MustParseAddr(a))
	}
	return parsed
}

// TestResolvers checks which hosts resolve names, whom they ask, and who may ask them.
func TestResolvers(t *testing.T) {
	for _, c := range []struct {
		name            string
		change          func(*lab.Lab)
		hosts, upstream string
	}{
		{"the gateway is asked", func(l *lab.Lab) {
			l.Network.Gateway, l.Network.DNS = addresses("192.168.1.1")[0], addresses("192.168.1.1")
		}, "[atlas boreas]", "[192.168.1.1]"},
		{"others are asked", func(l *lab.Lab) { l.Network.DNS = addresses("9.9.9.9", "192.168.1.53") }, "[atlas boreas]", "[9.9.9.9 192.168.1.53]"},
		{"no circle", func(l *lab.Lab) { l.Network.DNS = addresses("192.168.1.10", "9.9.9.9", "192.168.1.11") }, "[atlas boreas]", "[9.9.9.9]"},
		{"no circle, and nobody else", func(l *lab.Lab) {
			l.Network.Gateway, l.Network.DNS = addresses("192.168.1.1")[0], addresses("192.168.1.10")
		}, "[atlas boreas]", "[192.168.1.1]"},
		{"nobody is known", nil, "[atlas boreas]", "[]"},
		{"a server comes before workers", func(l *lab.Lab) {
			l.Hosts[0].Roles = []lab.Role{lab.Worker}
			l.Hosts = append(l.Hosts, lab.Host{Name: "crius", Address: addresses("192.168.1.12")[0], Roles: []lab.Role{lab.Worker}})
		}, "[atlas boreas]", "[]"},
		{"the owner has one", func(l *lab.Lab) { l.Choose["names"] = lab.OwnResolver }, "[]", ""},
	} {
		l, w := onTwoHosts(t, nil)
		if c.change != nil {
			c.change(l)
		}
		if got := fmt.Sprint(w.Resolvers(l)); got != c.hosts {
			t.Errorf("%s: on %s", c.name, got)
		}
		server := w.ResolverOn(l, "atlas")
		if c.upstream == "" {
			if server != nil || len(w.Open(l).Hosts[0].Open) != len(w.Openings("atlas")) {
				t.Errorf("%s: there is %+v, and %v is open", c.name, server, w.Open(l).Hosts[0].Open)
			}
			continue
		}
		if got := fmt.Sprint(server.Upstream); got != c.upstream {
			t.Errorf("%s: it asks %s", c.name, got)
		}
		if w.ResolverOn(l, "visitor") != nil {
			t.Errorf("%s: a vantage resolves names", c.name)
		}
	}
}

// TestWhoMayAsk: a resolver's ports are open to the lab and its administrators, and no
// range stands twice.
func TestWhoMayAsk(t *testing.T) {
	l, w := onTwoHosts(t, func(l *lab.Lab) {
		for _, p := range []string{"192.168.0.0/16", "10.8.0.0/24", "192.168.1.8/29"} {
			l.Network.Admin = append(l.Network.Admin, netip.MustParsePrefix(p))
		}
		l.Networks = []lab.Subnet{{Name: "iot", CIDR: netip.MustParsePrefix("10.9.0.0/24"), CIDR6: netip.MustParsePrefix("fd09::/64")}}
	})
	var got []string
	for _, o := range w.Open(l).Hosts[0].Open {
		if o.Port == ResolverPort {
			got = append(got, fmt.Sprint(o.Protocol, " ", o.From))
		}
	}
	const from = "[192.168.0.0/16 10.8.0.0/24 10.9.0.0/24 fd09::/64]"
	if strings.Join(got, " ") != "tcp "+from+" udp "+from {
		t.Errorf("open are %v", got)
	}
	if visitor := w.Open(l).Hosts[2]; visitor.Name != "visitor" || len(visitor.Open) > 0 {
		t.Errorf("%s opens %v", visitor.Name, visitor.Open)
	}
}

// TestResolverConflict: a service that wants the resolver's port is refused, unless the
// owner has a resolver.
func TestResolverConflict(t *testing.T) {
	files := testFiles(t)
	files["port/service.yaml"].Data = []byte(strings.Replace(string(files["port/service.yaml"].Data), "5432/tcp", "53/udp", 1))
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: builtin.Files}, catalog.Source{Dir: "own", Files: files})
	if err != nil {
		t.Fatal(err)
	}
	l := labWith(t, c, "  whoami: {}\n  port: {on: boreas}\n")
	if _, err := Of(l, c); problem.CodeOf(err) != problem.ServiceConflict || !strings.Contains(err.Error(), "the lab's resolver and port both want port 53/udp of boreas") {
		t.Errorf("%v", err)
	}
	l.Choose["names"] = lab.OwnResolver
	if _, err := Of(l, c); err != nil {
		t.Error(err)
	}
}
