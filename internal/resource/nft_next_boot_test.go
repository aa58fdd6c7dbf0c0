package resource

import (
	"slices"
	"testing"
)

// TestLoadersAreInTheirOrder checks that each loader comes after those that it is
// started after. Units that wait for each other in a circle have an order too.
func TestLoadersAreInTheirOrder(t *testing.T) {
	unit := func(name string, after ...string) loaderUnit { return loaderUnit{name: name, after: after} }
	for _, c := range []struct {
		units []loaderUnit
		want  []string
	}{
		{[]loaderUnit{unit("a", "b"), unit("b", "c", "network.target"), unit("c")}, []string{"c", "b", "a"}},
		{[]loaderUnit{unit("a"), unit("b")}, []string{"a", "b"}},
		{[]loaderUnit{unit("a", "b"), unit("b", "a"), unit("c")}, []string{"c", "a", "b"}},
		{nil, nil},
	} {
		var got []string
		for _, u := range inOrder(c.units) {
			got = append(got, u.name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
}

func TestRuleFilesOfAUnit(t *testing.T) {
	u := loaderUnit{commands: [][]string{{"/usr/sbin/nft", "-f", "/etc/nftables.conf"}, {"/usr/sbin/iptables-restore", "-f", "/x"}, {"/usr/sbin/nft", "flush", "ruleset"}}}
	if got := u.ruleFiles(); !slices.Equal(got, []string{"/etc/nftables.conf"}) {
		t.Errorf("%v", got)
	}
}
