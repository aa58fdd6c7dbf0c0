package probe

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// hostReport is a host that reports what the test sets.
type hostReport struct {
	facts    wire.Facts
	err      error
	reads    map[string]wire.ReadReply
	listener wire.ListenReply
}

func (i hostReport) Facts(context.Context) (wire.Facts, error) { return i.facts, i.err }

func (i hostReport) Read(_ context.Context, c wire.ReadCommand) (wire.ReadReply, error) {
	reply, known := i.reads[c.Name]
	if !known {
		return wire.ReadReply{}, errors.New("not told")
	}
	return reply, nil
}

func (i hostReport) Listen(context.Context, wire.ListenRequest) (wire.ListenReply, func() error, error) {
	return i.listener, func() error { return nil }, i.err
}

func healthyFacts() wire.Facts {
	return wire.Facts{
		OS: wire.OS{ID: "debian", Version: "13", Name: "Debian GNU/Linux 13"}, CPUs: 4, MemoryBytes: 16_600_000_000, Virtualization: true,
		Interfaces:  []wire.NIC{{Name: "lo", Addresses: []string{"127.0.0.1/8"}}, {Name: "eth0", Addresses: []string{"10.0.0.5/24", "fe80::1/64"}}},
		SystemState: "running", Clock: time.Now(), Routes: []string{"10.0.0.1"}, ClockSynced: true,
	}
}

func factsTarget(facts wire.Facts) Target {
	yes := true
	return Target{
		Lab: &lab.Lab{Network: lab.Network{Gateway: netip.MustParseAddr("10.0.0.1")}},
		Host: lab.Host{
			Name: "atlas", Address: netip.MustParseAddr("10.0.0.5"), Port: 22,
			Hardware: lab.Hardware{CPUs: 4, Memory: 16 << 30, Virtualization: &yes},
		},
		Inside: hostReport{facts: facts, reads: map[string]wire.ReadReply{
			"ping":    {Output: []byte("10 packets transmitted, 10 received, 0% packet loss, time 9ms\nrtt min/avg/max/mdev = 0.1/0.2/0.3/0.0 ms\n")},
			"resolve": {Output: []byte("151.101.2.132 STREAM deb.debian.org\n")},
			"apt-settings": {Output: []byte("APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n" +
				"Unattended-Upgrade::Origins-Pattern:: \"origin=Debian,label=Debian-Security\";\n")},
			"unit-active": {Output: []byte("active\n")},
		}},
		Expect: Expectation{UpdateTimers: []string{"apt-daily.timer", "apt-daily-upgrade.timer"}},
		Nonce:  "nonce",
	}
}

// hostVantage is a vantage on the target itself.
type hostVantage struct {
	loopback
	name string
}

func (a hostVantage) Name() string { return a.name }

// TestProbesOfFactsBothWays breaks one thing at a time on a healthy host.
func TestProbesOfFactsBothWays(t *testing.T) {
	for _, c := range []struct {
		probe, name string
		breakIt     func(*Target, *wire.Facts)
		want        evidence.Outcome
	}{
		{"hardware", "a processor is missing", func(_ *Target, f *wire.Facts) { f.CPUs = 3 }, evidence.Refuted},
		{"hardware", "a memory module is missing", func(_ *Target, f *wire.Facts) { f.MemoryBytes /= 2 }, evidence.Refuted},
		{"hardware", "virtualization is off in the firmware", func(_ *Target, f *wire.Facts) { f.Virtualization = false }, evidence.Refuted},
		{"hardware", "nothing is shown", func(_ *Target, f *wire.Facts) { *f = wire.Facts{} }, evidence.Unproven},
		{"os-release", "an old release", func(_ *Target, f *wire.Facts) { f.OS.Version = "11" }, evidence.Refuted},
		{"os-release", "another system", func(_ *Target, f *wire.Facts) { f.OS.ID = "gentoo" }, evidence.Refuted},
		{"os-release", "a failed unit", func(_ *Target, f *wire.Facts) {
			f.SystemState, f.FailedUnits = "degraded", []string{"x.service"}
		}, evidence.Refuted},
		{"os-release", "still starting", func(_ *Target, f *wire.Facts) { f.SystemState = "starting" }, evidence.Refuted},
		{"network", "another address", func(_ *Target, f *wire.Facts) { f.Interfaces[1].Addresses = []string{"10.0.0.6/24"} }, evidence.Refuted},
		{"network", "another gateway", func(_ *Target, f *wire.Facts) { f.Routes = []string{"10.0.0.254"} }, evidence.Refuted},
		{"network", "packets get lost", func(target *Target, _ *wire.Facts) {
			target.Inside.(hostReport).reads["ping"] = wire.ReadReply{Output: []byte("10 packets transmitted, 9 received, 10% packet loss")}
		}, evidence.Refuted},
		{"network", "names are not resolved", func(target *Target, _ *wire.Facts) {
			target.Inside.(hostReport).reads["resolve"] = wire.ReadReply{Exit: 2}
		}, evidence.Refuted},
		{"network", "no default route where no gateway is declared", func(target *Target, f *wire.Facts) {
			target.Lab.Network.Gateway, f.Routes = netip.Addr{}, nil
		}, evidence.Refuted},
		{"network", "the gateway of another network of the lab", func(target *Target, _ *wire.Facts) {
			target.Lab.Network.CIDR = netip.MustParsePrefix("10.0.1.0/24")
			target.Lab.Networks = []lab.Subnet{{Name: "iot", CIDR: netip.MustParsePrefix("10.0.0.0/24"), Gateway: netip.MustParseAddr("10.0.0.2")}}
		}, evidence.Refuted},
		{"network", "ping cannot be run", func(target *Target, _ *wire.Facts) { delete(target.Inside.(hostReport).reads, "ping") }, evidence.Unproven},
		{"updates-on", "the master switch is off", func(target *Target, _ *wire.Facts) {
			reads := target.Inside.(hostReport).reads
			reads["apt-settings"] = wire.ReadReply{Output: append(reads["apt-settings"].Output, "APT::Periodic::Enable \"0\";\n"...)}
		}, evidence.Refuted},
		{"updates-on", "a timer is stopped", func(target *Target, _ *wire.Facts) {
			target.Inside.(hostReport).reads["unit-active"] = wire.ReadReply{Exit: 3, Output: []byte("inactive\n")}
		}, evidence.Refuted},
		{"updates-on", "apt cannot read its files", func(target *Target, _ *wire.Facts) {
			target.Inside.(hostReport).reads["apt-settings"] = wire.ReadReply{Exit: 100, Output: []byte("E: Syntax error /etc/apt/apt.conf.d/99x:2")}
		}, evidence.Refuted},
		{"updates-on", "apt says nothing", func(target *Target, _ *wire.Facts) { delete(target.Inside.(hostReport).reads, "apt-settings") }, evidence.Unproven},
		{"clock-offset", "an hour slow", func(_ *Target, f *wire.Facts) { f.Clock = f.Clock.Add(-time.Hour) }, evidence.Refuted},
		{"clock-synchronised", "no time server", func(_ *Target, f *wire.Facts) { f.ClockSynced = false }, evidence.Refuted},
		{"clock-synchronised", "the daemon has no server", func(_ *Target, f *wire.Facts) {
			f.ClockSynced, f.Clocks = false, []wire.Clock{{Daemon: "chrony", Unit: "chrony.service", Says: "Leap status : Not synchronised"}}
		}, evidence.Refuted},
		{"clock-synchronised", "several daemons", func(_ *Target, f *wire.Facts) {
			f.ClockSynced, f.Clocks = false, []wire.Clock{{Daemon: "chrony"}, {Daemon: "openntpd", Says: "clock unsynced"}}
		}, evidence.Refuted},
		{"clock-synchronised", "a container", func(_ *Target, f *wire.Facts) { f.Container = "docker" }, evidence.Unproven},
		{"port-scan-ipv6", "an undeclared address", func(_ *Target, f *wire.Facts) {
			f.Interfaces[1].Addresses = append(f.Interfaces[1].Addresses, "2001:db8::5/64")
		}, evidence.Refuted},
	} {
		t.Run(c.probe+"/"+c.name, func(t *testing.T) {
			p, _ := Find(All(), c.probe)
			from := hostVantage{name: "atlas"}
			healthy := factsTarget(healthyFacts())
			if got := p.Look(context.Background(), from, healthy); got.Outcome != evidence.Proven {
				t.Fatalf("healthy host: %s, %s, %v", got.Outcome, got.Reason, got.Observed)
			}
			facts := healthyFacts()
			broken := factsTarget(facts)
			c.breakIt(&broken, &facts)
			inside := broken.Inside.(hostReport)
			inside.facts = facts
			broken.Inside = inside
			got := p.Look(context.Background(), from, broken)
			if got.Outcome != c.want || got.Reason == "" {
				t.Errorf("broken host: %s, %q, %v; want %s with a reason", got.Outcome, got.Reason, got.Observed, c.want)
			}
		})
	}
}

// A failed unit must be named with its time and with what to do. A line to paste
// must be one that the lab file accepts.
func TestAFailedUnitSaysHowToGoOn(t *testing.T) {
	facts := healthyFacts()
	facts.SystemState, facts.FailedUnits = "degraded", []string{"x.service"}
	facts.Failures = []wire.FailedUnit{{Name: "x.service", Since: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Result: "exit-code"}}
	facts.Clock = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	got := osRelease(context.Background(), hostVantage{name: "atlas"}, factsTarget(facts))
	for _, want := range []string{
		"x.service since 2026-03-01 12:00:00 UTC (exit-code)", "`journalctl -u x.service`", "`systemctl reset-failed x.service`",
		"`- {checkpoint: foundation.os-supported/os-release, reason: \"I know why x.service failed\", expires: 2026-04-01}`",
	} {
		if !strings.Contains(got.Reason, want) {
			t.Errorf("%q is not in %q", want, got.Reason)
		}
	}
}

// chronyd without "rtcsync" leaves the kernel's flag as it is.
func TestADaemonsOwnWordOnTheClock(t *testing.T) {
	facts := healthyFacts()
	facts.ClockSynced, facts.Clocks = false, []wire.Clock{{Daemon: "chrony", Unit: "chrony.service", Synced: true, Says: "Leap status : Normal"}}
	got := clockSynchronised(context.Background(), hostVantage{name: "atlas"}, factsTarget(facts))
	if got.Outcome != evidence.Proven {
		t.Errorf("%s, %s, %v", got.Outcome, got.Reason, got.Observed)
	}
}

func TestOffsetIsWhatTheTripCannotExplain(t *testing.T) {
	sent := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	received := sent.Add(100 * time.Millisecond)
	for _, c := range []struct {
		name  string
		clock time.Time
		want  evidence.Outcome
	}{
		{"during the trip", sent.Add(50 * time.Millisecond), evidence.Proven},
		{"slow by what is allowed", sent.Add(-500 * time.Millisecond), evidence.Proven},
		{"slow", sent.Add(-502 * time.Millisecond), evidence.Refuted},
		{"fast", received.Add(502 * time.Millisecond), evidence.Refuted},
		{"an hour off", sent.Add(time.Hour), evidence.Refuted},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := offsetFinding(sent, received, c.clock); got.Outcome != c.want {
				t.Errorf("%s, %s, want %s", got.Outcome, got.Reason, c.want)
			}
		})
	}
}

// Hosts of a second network have a router of their own. If none is declared,
// the host's own gateway counts.
func TestNetworkAsksTheGatewayOfItsNetwork(t *testing.T) {
	second := factsTarget(healthyFacts())
	second.Lab = &lab.Lab{
		Network:  lab.Network{CIDR: netip.MustParsePrefix("192.168.1.0/24"), Gateway: netip.MustParseAddr("192.168.1.1")},
		Networks: []lab.Subnet{{Name: "iot", CIDR: netip.MustParsePrefix("10.0.0.0/24"), Gateway: netip.MustParseAddr("10.0.0.1")}},
	}
	undeclared := factsTarget(healthyFacts())
	undeclared.Lab = &lab.Lab{Network: lab.Network{CIDR: netip.MustParsePrefix("10.0.0.0/24")}}
	for name, target := range map[string]Target{"second network": second, "no gateway declared": undeclared} {
		if got := network(context.Background(), hostVantage{name: "atlas"}, target); got.Outcome != evidence.Proven {
			t.Errorf("%s: %s, %s", name, got.Outcome, got.Reason)
		}
	}
}

// The reason must name the resolvers.
func TestNamesNotResolvedSayWhoIsAsked(t *testing.T) {
	for _, c := range []struct {
		resolvers []string
		want      string
	}{{nil, "names no resolver"}, {[]string{"10.0.0.9"}, "names 10.0.0.9"}} {
		facts := healthyFacts()
		facts.Resolvers = c.resolvers
		target := factsTarget(facts)
		target.Inside.(hostReport).reads["resolve"] = wire.ReadReply{Exit: 2}
		if got := network(context.Background(), hostVantage{name: "atlas"}, target); !strings.Contains(got.Reason, c.want) {
			t.Errorf("reason %q, want %q in it", got.Reason, c.want)
		}
	}
}

func TestAHostThatDoesNotTellIsUnproven(t *testing.T) {
	for _, name := range []string{"hardware", "os-release", "network", "clock-offset", "clock-synchronised", "port-scan-ipv6"} {
		p, _ := Find(All(), name)
		target := factsTarget(healthyFacts())
		target.Inside = hostReport{err: errors.New("connection lost")}
		if got := p.Look(context.Background(), hostVantage{name: "atlas"}, target); got.Outcome != evidence.Unproven || got.Reason == "" {
			t.Errorf("%s: %s, %q", name, got.Outcome, got.Reason)
		}
	}
}

// TestScanIsJudgedPortByPort covers the meaning of a scan's figures. Tests on
// real hosts check that they are true.
func TestScanIsJudgedPortByPort(t *testing.T) {
	admin := netip.MustParsePrefix("10.0.0.0/24")
	ssh := freePort(t) // only the ports in the scan answer there
	complete := func(open ...uint16) wire.ScanReply { return wire.ScanReply{Open: open, Silent: 65535 - len(open)} }
	for _, c := range []struct {
		name   string
		source string
		reply  wire.ScanReply
		want   evidence.Outcome
	}{
		{"what is declared", "10.0.0.20", complete(ssh), evidence.Proven},
		{"a declared service that is not there yet", "10.0.0.20", complete(ssh), evidence.Proven},
		{"with the declared service", "10.0.0.20", complete(ssh, 443), evidence.Proven},
		{"one more", "10.0.0.20", complete(ssh, 8080), evidence.Refuted},
		{"no SSH", "10.0.0.20", complete(443), evidence.Refuted},
		{"SSH from outside the admin networks", "10.9.0.1", complete(ssh), evidence.Refuted},
		{"closed to outsiders", "10.9.0.1", complete(), evidence.Proven},
		{"some ports were not tried", "10.0.0.20", wire.ScanReply{Open: []uint16{ssh}, Silent: 60000, Errors: 5534}, evidence.Unproven},
		{"figures that do not add up", "10.0.0.20", wire.ScanReply{Open: []uint16{ssh}, Silent: 10}, evidence.Unproven},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := factsTarget(healthyFacts())
			target.Host.Address, target.Host.Port = netip.MustParseAddr("127.0.0.1"), ssh
			target.Sources = []netip.Addr{netip.MustParseAddr(c.source)}
			target.Expect.Openings = []lab.Opening{
				{Protocol: "tcp", Port: ssh, From: []netip.Prefix{admin}}, {Protocol: "tcp", Port: 443}, {Protocol: "udp", Port: 8080},
			}
			got := portScanIPv4(context.Background(), loopback{scan: c.reply}, target)
			if got.Outcome != c.want {
				t.Errorf("%s, %q, want %s", got.Outcome, got.Reason, c.want)
			}
		})
	}
}

// Packets get lost if many are sent at once.
func TestAScanThatMissesWhatAnswersProvesNothing(t *testing.T) {
	target := sshServer{port: greeter(t, "SSH-2.0-test\r\n", 0)}.target("root")
	target.Sources = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	target.Expect.Openings = []lab.Opening{{Protocol: "tcp", Port: target.Host.Port}}
	target.Inside = hostReport{}
	got := portScanIPv4(context.Background(), loopback{scan: wire.ScanReply{Silent: 65535}}, target)
	if got.Outcome != evidence.Unproven {
		t.Errorf("%s, %q, want unproven", got.Outcome, got.Reason)
	}
}

func TestEveryTwinExists(t *testing.T) {
	for _, p := range All() {
		if p.Twin == "" {
			continue
		}
		if _, known := Find(All(), p.Twin); !known {
			t.Errorf("%s: no probe %s", p.Name, p.Twin)
		}
	}
}
