package firewall

import (
	"net/netip"
	"strings"
	"testing"
)

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// A rule that some firewall cannot express must be refused, with its name.
func TestNewRefusesWhatCannotBeSaid(t *testing.T) {
	for name, c := range map[string]struct {
		rule      Rule
		forwarded bool
		reason    string
	}{
		"a name that ends a string of nft": {Rule{Who: Who{Behind: &Interfaces{Names: []string{`eth0" accept`}}}}, false, "no firewall accepts"},
		"a quotation mark":                 {Rule{Who: Who{Behind: &Interfaces{Patterns: []string{"br*"}, Not: []string{`a"b`}}}}, false, `"a\"b"`},
		"a name that is a pattern":         {Rule{Who: Who{Behind: &Interfaces{Names: []string{"eth*"}}}}, false, `"eth*"`},
		"a pattern of nothing":             {Rule{Who: Who{Behind: &Interfaces{Patterns: []string{"*"}}}}, false, `"*"`},
		"a pattern in the middle":          {Rule{Who: Who{Behind: &Interfaces{Patterns: []string{"e*0"}}}}, false, `"e*0"`},
		"a name that is too long":          {Rule{Who: Who{Within: "sixteen-letters-"}}, true, "sixteen-letters-"},
		"a kind that nobody knows":         {Rule{Who: Who{Behind: &Interfaces{Kinds: []Kind{"wireguard"}}}}, false, "wireguard"},
		"no interface at all":              {Rule{Who: Who{Behind: &Interfaces{Not: []string{"eth0"}}}}, false, "no interface"},
		"overlapping networks":             {Rule{Who: Who{Networks: prefixes("10.0.0.0/8", "10.1.0.0/16")}}, false, "overlap"},
		"IPv4 written as IPv6":             {Rule{Who: Who{Networks: prefixes("::ffff:10.0.0.0/104")}}, false, "not a network"},
		"no prefix":                        {Rule{Who: Who{Networks: []netip.Prefix{{}}}}, false, "not a network"},
		"neighbours elsewhere":             {Rule{Who: Who{Neighbour: true, Networks: prefixes("10.0.0.0/8")}}, false, "neighbours"},
		"a port of no protocol":            {Rule{What: []What{{Ports: []uint16{22}}}}, false, "protocol"},
		"port 0":                           {Rule{What: []What{{Protocol: TCP, Ports: []uint16{0}}}}, false, "port 0"},
		"a protocol without ports":         {Rule{What: []What{{Protocol: "sctp", Ports: []uint16{5}}}}, false, `"sctp"`},
		"a state that nobody can ask for":  {Rule{What: []What{{State: Stray}}}, false, "state"},
		"two protocols":                    {Rule{What: []What{{Protocol: TCP, ICMP: []string{"redirect"}}}}, false, "one protocol"},
		"both kinds of ICMP":               {Rule{What: []What{{ICMP: []string{"redirect"}, ICMPv6: []string{"echo-request"}}}}, false, "one protocol"},
		"a type of the other ICMP":         {Rule{What: []What{{ICMP: []string{"packet-too-big"}}}}, false, "packet-too-big"},
		"ICMPv6 from IPv4":                 {Rule{Who: Who{Networks: prefixes("10.0.0.0/8")}, What: []What{{ICMPv6: []string{"echo-request"}}}}, false, "one family"},
		"published to the host itself":     {Rule{What: []What{{Published: true}}}, false, "forwarding rule"},
		"published from a port":            {Rule{What: []What{{Published: true, Protocol: TCP, FromPort: 5}}}, true, "sent to"},
		"forwarded from the host itself":   {Rule{Who: Who{Loopback: true}}, true, "forwarded"},
		"within a bridge, to the host":     {Rule{Who: Who{Within: "br0"}}, false, "bridge"},
		"a chain without a name": {Rule{
			Who: Who{Networks: prefixes("10.0.0.0/8", "fd00::/8")}, What: []What{{Protocol: TCP}, {Protocol: UDP}},
		}, false, "needs a name"},
		"a name that nft has": {Rule{Name: "forward"}, false, `"forward"`},
	} {
		rules := [2][]Rule{}
		if c.forwarded {
			rules[1] = []Rule{c.rule}
		} else {
			rules[0] = []Rule{c.rule}
		}
		if _, err := New(rules[0], rules[1]); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New([]Rule{{Name: "a"}, {Name: "a"}}, nil); err == nil || !strings.Contains(err.Error(), "rule 2 of input a: another rule has the same name") {
		t.Errorf("two rules of one name: %v", err)
	}
}

func TestJudging(t *testing.T) {
	p, err := New([]Rule{
		{Who: Who{Loopback: true}},
		{What: []What{{State: Invalid}}, Drop: true},
		{Who: Who{Networks: prefixes("10.0.0.0/24", "fd00::/64")}, What: []What{{Protocol: TCP, Ports: []uint16{22}}}},
		{Name: "guests", Who: Who{Behind: &Interfaces{Patterns: []string{"br-*"}, Kinds: []Kind{Bridge}, Not: []string{"br-lan"}}}, What: []What{{Protocol: UDP, Ports: []uint16{53}}, {ICMPv6: []string{"nd-router-solicit"}}}},
	}, []Rule{
		{What: []What{{Published: true, Protocol: TCP, Ports: []uint16{443}}}},
		{Who: Who{Within: "br0"}},
		{What: []What{{State: First}}, Drop: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	admin, stranger := netip.MustParseAddr("10.0.0.9"), netip.MustParseAddr("203.0.113.9")
	ssh := Packet{In: "eth0", Source: admin, State: First, Protocol: TCP, Port: 22}
	names := Packet{In: "br-1", Kind: Bridge, Source: stranger, State: First, Protocol: UDP, Port: 53}
	with := func(p Packet, change func(*Packet)) Packet { change(&p); return p }
	for name, c := range map[string]struct {
		packet Packet
		want   bool
	}{
		"SSH of an admin":    {ssh, true},
		"and by IPv6":        {with(ssh, func(p *Packet) { p.Source = netip.MustParseAddr("fd00::9") }), true},
		"SSH of a stranger":  {with(ssh, func(p *Packet) { p.Source = stranger }), false},
		"another port":       {with(ssh, func(p *Packet) { p.Port = 23 }), false},
		"one that cannot be": {with(ssh, func(p *Packet) { p.State = Invalid }), false},
		"of the host itself": {with(ssh, func(p *Packet) { p.In, p.Source = "lo", stranger }), true},
		"a guest's question": {names, true},
		"of a nameless kind": {with(names, func(p *Packet) { p.In = "mynet" }), true},
		"by the bridge out":  {with(names, func(p *Packet) { p.In = "br-lan" }), false},
		"a guest's SSH":      {with(names, func(p *Packet) { p.Protocol, p.Port = TCP, 22 }), false},
		"a guest's ICMPv6":   {with(names, func(p *Packet) { p.Protocol, p.ICMP, p.Port = icmpv6, "nd-router-solicit", 0 }), true},
	} {
		if p.LetsIn(c.packet) != c.want {
			t.Errorf("%s is let in: %v", name, !c.want)
		}
	}
	web := Packet{In: "eth0", Out: "br-1", Source: stranger, State: First, Protocol: TCP, Port: 80, SentTo: 443}
	for name, c := range map[string]struct {
		packet Packet
		want   bool
	}{
		"a published port":      {web, true},
		"another":               {with(web, func(p *Packet) { p.SentTo = 8443 }), false},
		"the same, not sent":    {with(web, func(p *Packet) { p.SentTo, p.Port = 0, 443 }), false},
		"by the other one":      {with(web, func(p *Packet) { p.Protocol = UDP }), false},
		"within the bridge":     {with(web, func(p *Packet) { p.In, p.Out, p.SentTo = "br0", "br0", 0 }), true},
		"out of the bridge":     {with(web, func(p *Packet) { p.In, p.SentTo = "br0", 0 }), false},
		"one that goes on":      {with(web, func(p *Packet) { p.State, p.SentTo = Reply, 0 }), true},
		"one nobody knows of":   {with(web, func(p *Packet) { p.State, p.SentTo = Stray, 0 }), true},
		"one that cannot be so": {with(web, func(p *Packet) { p.State, p.SentTo = Invalid, 0 }), true},
	} {
		if p.Forwards(c.packet) != c.want {
			t.Errorf("%s is forwarded: %v", name, !c.want)
		}
	}
}

// A set of nft accepts nothing twice.
func TestNamesThatAPatternCovers(t *testing.T) {
	p, err := New([]Rule{{Who: Who{Behind: &Interfaces{Patterns: []string{"br-*", "docker0"}, Names: []string{"br-1", "docker0", "wg0", "wg0"}}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := `iifname { "br-*", "docker0", "wg0" } accept`; !strings.Contains(p.Nft(), want) {
		t.Errorf("%s is not in\n%s", want, p.Nft())
	}
}
