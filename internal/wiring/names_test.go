package wiring

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"cairn/internal/lab"
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
