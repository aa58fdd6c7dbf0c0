package task

import (
	"testing"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

func TestSettingsThatAGuestCannotSetAreSkipped(t *testing.T) {
	for _, c := range []struct {
		name  string
		fixed []string
		want  int // skipped
	}{
		{"a machine", nil, 0},
		{"one setting", []string{"net.ipv4.tcp_syncookies"}, 1},
		{"another of the same beginning", []string{"net.ipv4.tcp_syn"}, 0},
		{"a kernel without IPv6", []string{"net.ipv6.conf.all."}, 2},
		{"a guest that may set nothing", []string{"net.ipv4.", "net.ipv4.conf.all.", "net.ipv6.conf.all."}, len(networkSysctls)},
	} {
		facts := wire.Facts{Fixed: c.fixed}
		set := 0
		for _, r := range resourcesOf(base(Host{Lab: &lab.Lab{}, Facts: facts})) {
			if _, isSetting := r.(resource.Sysctl); isSetting {
				set++
			}
		}
		if skipped := len(Skipped(facts)); skipped != c.want || set+skipped != len(networkSysctls) {
			t.Errorf("%s: %d skipped, %d set", c.name, skipped, set)
		}
	}
}
