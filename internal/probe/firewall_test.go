package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// withFirewall is a host that reports this firewall.
func withFirewall(t *testing.T, state wire.FirewallState) Target {
	t.Helper()
	body, err := wire.Encode(state)
	if err != nil {
		t.Fatal(err)
	}
	target := factsTarget(healthyFacts())
	target.Inside = hostReport{facts: healthyFacts(), reads: map[string]wire.ReadReply{"firewall-state": {Output: body}}}
	return target
}

func TestFirewallLasts(t *testing.T) {
	started := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	nftables := wire.Loader{Unit: "nftables.service", Enabled: true, Since: started, Flushes: "/etc/nftables.conf"}
	for _, c := range []struct {
		name   string
		state  wire.FirewallState
		want   evidence.Outcome
		reason string
	}{
		{"kept", wire.FirewallState{Next: resource.NextBoot{Order: []string{"nftables.service", "cairn-firewall.service"}}, Loaders: []wire.Loader{nftables}}, evidence.Proven, ""},
		{"gone, and who did it", wire.FirewallState{Next: resource.NextBoot{Trouble: []string{"the table inet cairn is not there now"}}, Loaders: []wire.Loader{nftables}}, evidence.Refuted,
			"the table inet cairn is not there now; nftables.service flushes all rules (/etc/nftables.conf) and was last started at 2026-03-01T12:00:00Z"},
		{"not enabled", wire.FirewallState{Next: resource.NextBoot{Trouble: []string{"cairn-firewall.service is masked"}}}, evidence.Refuted, "cairn-firewall.service is masked"},
	} {
		if got := firewallLasts(t.Context(), loopback{}, withFirewall(t, c.state)); got.Outcome != c.want || got.Reason != c.reason || len(got.Observed) == 0 {
			t.Errorf("%s: %s, %q", c.name, got.Outcome, got.Reason)
		}
	}
	silentHost := factsTarget(healthyFacts())
	silentHost.Inside = hostReport{err: errors.New("connection lost")}
	if got := firewallLasts(t.Context(), loopback{}, silentHost); got.Outcome != evidence.Unproven {
		t.Errorf("for a host that reports nothing: %s", got.Outcome)
	}
}

// The host can explain what a port shows from outside.
func TestAFailedLookNamesTheCause(t *testing.T) {
	target := withFirewall(t, wire.FirewallState{
		Next: resource.NextBoot{Trouble: []string{"the table inet cairn is not there now"}}, Loaders: []wire.Loader{{Unit: "mine.service", Flushes: "its own command"}},
	})
	look := func(outcome evidence.Outcome) Finding {
		return explained(func(context.Context, Vantage, Target) Finding {
			return Finding{Outcome: outcome, Reason: "port 8080 answers"}
		})(t.Context(), loopback{}, target)
	}
	if got := look(evidence.Refuted).Reason; got != "port 8080 answers; the table inet cairn is not there now; mine.service flushes all rules (its own command)" {
		t.Errorf("%q", got)
	}
	if got := look(evidence.Unproven).Reason; got != "port 8080 answers" {
		t.Errorf("something unseen is explained: %q", got)
	}
}

// silentVantage is a vantage from which nothing gets an answer.
type silentVantage struct{ loopback }

func (silentVantage) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A declared port that stays silent must be refuted, with the name of the other
// filter.
func TestADeclaredPortThatStaysSilent(t *testing.T) {
	target := withFirewall(t, wire.FirewallState{Filters: []wire.Filter{{Table: "ip filter", Owner: "ufw"}, {Table: "ip6 filter", Owner: "ufw"}}})
	target.Host.Address, target.Host.Port = netip.MustParseAddr("127.0.0.1"), freePort(t)
	target.Sources = []netip.Addr{netip.MustParseAddr("10.0.0.20")}
	target.Expect.Openings = []lab.Opening{{Protocol: "tcp", Port: target.Host.Port}, {Protocol: "tcp", Port: 443}}
	vantage := silentVantage{loopback{scan: wire.ScanReply{Open: []uint16{target.Host.Port}, Silent: 65534}}}
	if got := portScanIPv4(t.Context(), vantage, target); got.Outcome != evidence.Refuted || !strings.Contains(got.Reason, "port 443 is declared open but cannot be reached: ufw filters on the host too") {
		t.Errorf("%s, %q", got.Outcome, got.Reason)
	}
	if got := openPortAnswers(t.Context(), vantage, target); got.Outcome != evidence.Refuted || !strings.Contains(got.Reason, "ufw filters on the host too") {
		t.Errorf("%s, %q", got.Outcome, got.Reason)
	}
}
