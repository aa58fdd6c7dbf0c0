package throwaway

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func prefixes(list ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(list))
	for i, p := range list {
		parsed[i] = netip.MustParsePrefix(p)
	}
	return parsed
}

func TestMayUse(t *testing.T) {
	busy := prefixes("192.168.1.0/24", "172.17.0.0/16", "fd00::/64")
	tests := map[string]bool{
		"10.83.0.0/24":    true,
		"192.168.2.0/24":  true,
		"192.168.1.0/24":  false,
		"192.168.0.0/16":  false, // around a busy one
		"172.17.4.0/24":   false, // inside a busy one
		"203.0.113.0/24":  false, // public
		"172.32.0.0/24":   false, // just past the private range
		"10.0.0.0/7":      false, // wider than the private range
		"fd83::/64":       true,
		"fd00::/8":        false,
		"2001:db8:1::/64": false,
	}
	for wanted, want := range tests {
		if got := mayUse(netip.MustParsePrefix(wanted), busy); got != want {
			t.Errorf("mayUse(%s) = %v", wanted, got)
		}
	}
}

func TestFreeRange(t *testing.T) {
	tests := []struct {
		bits int
		busy []netip.Prefix
		want string // "" is none
	}{
		{24, nil, "10.83.0.0/24"},
		{24, prefixes("10.83.0.0/24"), "10.83.1.0/24"},
		{16, prefixes("10.83.0.0/24"), "10.84.0.0/16"},
		{24, prefixes("10.0.0.0/8"), "172.16.0.0/24"},
		{24, prefixes("10.0.0.0/8", "172.16.0.0/12"), "192.168.0.0/24"},
		{29, prefixes("10.83.0.0/29"), "10.83.0.8/29"},
		{8, prefixes("172.16.0.0/12"), "10.0.0.0/8"},
		{8, prefixes("10.1.2.0/24"), ""},
		{24, prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), ""},
	}
	for _, test := range tests {
		got, ok := freeRange(test.bits, test.busy)
		if ok != (test.want != "") || ok && got.String() != test.want {
			t.Errorf("freeRange(%d, %v) = %v, %v", test.bits, test.busy, got, ok)
		}
	}
}

func TestFreeRange6(t *testing.T) {
	first, ok := freeRange6("run", 64, nil)
	if !ok || first.Bits() != 64 || !mayUse(first, nil) || first.Addr().As16()[0] != 0xfd {
		t.Errorf("got %v, %v", first, ok)
	}
	second, ok := freeRange6("run", 64, []netip.Prefix{first})
	if !ok || second.Overlaps(first) {
		t.Errorf("got %v, %v", second, ok)
	}
	if other, _ := freeRange6("another run", 64, nil); other == first {
		t.Error("two runs have the same range")
	}
	if got, ok := freeRange6("run", 8, prefixes("fd00::/16")); ok {
		t.Errorf("found %v although all is full", got)
	}
}

func TestMove(t *testing.T) {
	m := move{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("10.83.7.0/24")}
	addresses := map[string]string{
		"192.168.1.10":  "10.83.7.10",
		"192.168.1.255": "10.83.7.255",
		"192.168.2.10":  "192.168.2.10",
		"fd83::10":      "fd83::10",
	}
	for from, want := range addresses {
		if got := m.addr(netip.MustParseAddr(from)); got.String() != want {
			t.Errorf("addr(%s) = %s", from, got)
		}
	}
	ranges := map[string]string{
		"192.168.1.0/24":  "10.83.7.0/24",
		"192.168.1.64/26": "10.83.7.64/26",
		"192.168.1.7/32":  "10.83.7.7/32",
		"192.168.0.0/16":  "10.83.7.0/24", // it said the whole lab
		"0.0.0.0/0":       "0.0.0.0/0",
		"10.0.0.0/8":      "10.0.0.0/8",
		"fd83::/64":       "fd83::/64",
	}
	for from, want := range ranges {
		if got := m.prefix(netip.MustParsePrefix(from)); got.String() != want {
			t.Errorf("prefix(%s) = %s", from, got)
		}
	}
	six := move{netip.MustParsePrefix("2001:db8:0:12::/60"), netip.MustParsePrefix("fd12:3456:789a::/60")}
	if got := six.addr(netip.MustParseAddr("2001:db8:0:1f::5")); got.String() != "fd12:3456:789a:f::5" {
		t.Errorf("got %s", got)
	}
}

func TestMovesTurnBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(8, 30).Draw(t, "bits")
		draw := func(label string) netip.Addr {
			return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, label)))
		}
		address := draw("address")
		from := netip.PrefixFrom(address, bits).Masked()
		to := netip.PrefixFrom(draw("to"), bits).Masked()
		moved := move{from, to}.addr(address)
		if !to.Contains(moved) {
			t.Fatalf("%s of %s was moved to %s, outside %s", address, from, moved, to)
		}
		if back := (move{to, from}).addr(moved); back != address {
			t.Fatalf("%s came back as %s", address, back)
		}
	})
}

func TestFirstFree(t *testing.T) {
	taken := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}
	if got, ok := firstFree(netip.MustParsePrefix("10.0.0.0/24"), taken); !ok || got.String() != "10.0.0.3" {
		t.Errorf("got %v, %v", got, ok)
	}
	if got, ok := firstFree(netip.MustParsePrefix("10.0.0.0/30"), taken); ok {
		t.Errorf("found %v in a full network", got)
	}
}
