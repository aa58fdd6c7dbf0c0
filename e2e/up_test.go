package e2e

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/host"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// noOpTrips is the budget of a run that changes nothing. It counts round trips on
// the connection to a host, including the login.
const noOpTrips = 12

// TestRoadmap walks Phase 1 on a bare host. Then it breaks the host in every way
// that a probe must find.
func TestRoadmap(t *testing.T) {
	b := newBed(t, "server", "visitor")
	planNamesEveryChange(t, b)
	report := upThroughABreak(t, b)
	for _, milestone := range []string{"foundation.remote-access-secured", "foundation.firewall-applied"} {
		assertHolds(t, b, milestone)
	}
	if len(report.Reached) == 0 {
		t.Error("up reports no milestone")
	}
	secondUpChangesNothing(t, b)
	t.Run("probes refute", func(t *testing.T) { probesRefute(t, b) })
	t.Run("hardware refutes", func(t *testing.T) { hardwareRefutes(t, b) })
	t.Run("drift is repaired", func(t *testing.T) { driftIsRepaired(t, b) })
	t.Run("the chain of evidence", func(t *testing.T) { chainIsWhole(t, b) })
}

// upThroughABreak brings the lab up although all connections break in the middle
// of a run. The work goes on on the host, and here over new connections.
func upThroughABreak(t *testing.T, b *bed) *engine.UpReport {
	t.Helper()
	var line cuttableLine
	cut := sync.OnceFunc(line.cut)
	report := b.upBy(b.engineOver(b.connectorOver(line.dial), func(event engine.Event) {
		b.take(event)
		if event.Type == string(wire.StepApplied) {
			cut()
		}
	}))
	lost := func(event engine.Event) bool { return event.Type == engine.EventLost }
	if !slices.ContainsFunc(b.seen(), lost) {
		t.Error("no connection was lost")
	}
	return report
}

// cuttableLine is a controller's way into the network. A test can cut it.
type cuttableLine struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (c *cuttableLine) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.conns = append(c.conns, conn)
	}
	return conn, err
}

func (c *cuttableLine) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

func planNamesEveryChange(t *testing.T, b *bed) {
	t.Helper()
	plan, err := b.engine().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"user ops", "authorized-key ops", "sudoers cairn-ops", "sshd-dropin 00-cairn.conf", "PermitRootLogin", "nft-table inet cairn", "unattended-upgrades"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the plan does not name %q", want)
		}
	}
}

func assertHolds(t *testing.T, b *bed, milestone string) {
	t.Helper()
	for _, stage := range b.engine().Status().Stages {
		for _, m := range stage.Milestones {
			if m.ID == milestone {
				if m.Reached == nil || m.Standing != evidence.Holds {
					t.Errorf("%s: reached %v, standing %q; looks: %+v", milestone, m.Reached, m.Standing, m.Checkpoints)
				}
				return
			}
		}
	}
	t.Errorf("no milestone %s", milestone)
}

func secondUpChangesNothing(t *testing.T, b *bed) {
	t.Helper()
	before := b.fingerprint("server")
	report := b.up()
	if n := report.Plan.Changes(); n != 0 || len(report.Applied) != 0 {
		t.Errorf("the second up finds %d changes: %+v", n, report.Plan.Hosts)
	}
	if d := difference(before, b.fingerprint("server")); d != "" {
		t.Errorf("the second up changed:\n%s", d)
	}
	if trips := report.RoundTrips["server"]; trips == 0 || trips > noOpTrips {
		t.Errorf("the second up took %d round trips, the budget is %d", trips, noOpTrips)
	} else {
		t.Logf("no-op up: %d round trips", trips)
	}
}

// breakage is a fault on a host. Each of the probes must find it, from every
// vantage or from one.
type breakage struct {
	probes, name string
	do, undo     string
	vantage      string
}

// loosened puts options before Cairn's own: sshd takes the first value.
func loosened(options string) string {
	return `printf '` + options + `' >/etc/ssh/sshd_config.d/00-a.conf; systemctl reset-failed ssh; systemctl restart ssh`
}

const (
	tightened    = `rm /etc/ssh/sshd_config.d/00-a.conf; systemctl reset-failed ssh; systemctl restart ssh`
	firewallBack = `systemctl restart cairn-firewall`
	// unwatched lets a test change the table without Cairn loading it again.
	unwatched = `systemctl stop cairn-firewall; `
)

var breakages = []breakage{
	{
		probes: "os-release", name: "a unit failed",
		do:   `printf '[Service]\nType=oneshot\nExecStart=/bin/false\n' >/run/systemd/system/broken.service; systemctl start broken || true`,
		undo: `rm /run/systemd/system/broken.service; systemctl daemon-reload; systemctl reset-failed`,
	},
	{
		probes: "updates-on", name: "a later file turns updates off",
		do: `echo 'APT::Periodic::Enable "0";' >/etc/apt/apt.conf.d/99-disable-auto`, undo: `rm /etc/apt/apt.conf.d/99-disable-auto`,
	},
	{
		probes: "updates-on", name: "a timer is masked",
		do: `systemctl mask --now apt-daily.timer`, undo: `systemctl unmask apt-daily.timer; systemctl start apt-daily.timer`,
	},
	{
		probes: "network", name: "echo replies get lost", vantage: "server",
		do: unwatched + `nft insert rule inet cairn input icmp type echo-reply drop`, undo: firewallBack,
	},
	{
		probes: "network", name: "names are not resolved", vantage: "server",
		do:   `cp /etc/resolv.conf /root/; echo 'nameserver 127.0.0.254' >/etc/resolv.conf`,
		undo: `cat /root/resolv.conf >/etc/resolv.conf`,
	},
	{
		probes: "network", name: "SSH does not answer", vantage: "visitor",
		do: unwatched + `nft insert rule inet cairn input tcp dport 22 ip saddr VISITOR ct state new drop`, undo: firewallBack,
	},
	{probes: "ssh-root-refused", name: "root may log in again", do: loosened(`PermitRootLogin prohibit-password\nAllowGroups ssh-users root\n`), undo: tightened},
	{probes: "ssh-password-refused", name: "passwords are accepted again", do: loosened(`PasswordAuthentication yes\nAuthenticationMethods any\n`), undo: tightened},
	{probes: "ssh-keyboard-interactive-refused", name: "PAM asks again", do: loosened(`KbdInteractiveAuthentication yes\nAuthenticationMethods any\n`), undo: tightened},
	{probes: "ssh-weak-kex-refused", name: "old algorithms are back", do: loosened(`KexAlgorithms +diffie-hellman-group14-sha256\n`), undo: tightened},
	{probes: "ssh-effective-config", name: "an earlier file wins", do: loosened(`MaxAuthTries 20\n`), undo: tightened},
	{probes: "ssh-other-user-refused", name: "another user in the group", do: `useradd -M mallory && usermod -aG ssh-users mallory`, undo: `userdel mallory`},
	{probes: "ssh-key-login", name: "sudo asks for a password", do: `sed -i s/NOPASSWD:// /etc/sudoers.d/cairn-ops`, undo: `sed -i 's/(ALL:ALL) /(ALL:ALL) NOPASSWD:/' /etc/sudoers.d/cairn-ops`},
	{
		probes: "canary-denied udp-canary port-scan-ipv4 port-scan-ipv6", name: "the firewall is gone",
		do: unwatched + `nft delete table inet cairn`, undo: firewallBack,
	},
	{probes: "canary-published", name: "forwarded traffic is not filtered", do: unwatched + `nft flush chain inet cairn forward`, undo: firewallBack},
	{probes: "canary-allowed", name: "SSH is closed to the visitor", do: unwatched + `nft insert rule inet cairn input ip saddr VISITOR tcp dport 22 drop`, undo: firewallBack},
}

// probesRefute injects each fault, looks, and removes the fault again. The probe
// must refute, and must prove again afterwards.
func probesRefute(t *testing.T, b *bed) {
	visitor := b.host("visitor").Address.String()
	for _, c := range breakages {
		t.Run(c.probes+"/"+c.name, func(t *testing.T) {
			b.run("server", strings.ReplaceAll(c.do, "VISITOR", visitor))
			broken := b.lookAt(t, strings.Fields(c.probes)...)
			b.run("server", c.undo)
			if c.vantage != "" {
				broken = slices.DeleteFunc(broken, func(r evidence.Record) bool { return r.Vantage != c.vantage })
			}
			if len(broken) == 0 {
				t.Errorf("nobody looked from %s", c.vantage)
			}
			assertOutcome(t, broken, evidence.Refuted)
			assertOutcome(t, b.lookAt(t, strings.Fields(c.probes)...), evidence.Proven)
		})
	}
}

// hardwareRefutes declares more processors than the host has.
func hardwareRefutes(t *testing.T, b *bed) {
	declared := b.lab
	defer func() { b.lab = declared }()
	more := *declared
	more.Hosts = slices.Clone(declared.Hosts)
	for i := range more.Hosts {
		more.Hosts[i].Hardware.CPUs = 10_000
	}
	b.lab = &more
	assertOutcome(t, b.lookAt(t, "hardware"), evidence.Refuted)
	b.lab = declared
	assertOutcome(t, b.lookAt(t, "hardware"), evidence.Proven)
}

// lookAt takes looks with some probes, each from every vantage that the roadmap
// names.
func (b *bed) lookAt(t *testing.T, probes ...string) []evidence.Record {
	t.Helper()
	report, err := b.engine().Check(t.Context(), engine.CheckOptions{Probes: probes})
	if report == nil || problem.CodeOf(err) != "" && problem.CodeOf(err) != problem.RunUnproven {
		t.Fatalf("check: %v", err)
	}
	for _, probe := range probes {
		if !slices.ContainsFunc(report.Records, func(r evidence.Record) bool { return r.Probe == probe }) {
			t.Fatalf("nothing was looked at with %s", probe)
		}
	}
	return report.Records
}

func assertOutcome(t *testing.T, records []evidence.Record, want evidence.Outcome) {
	t.Helper()
	for _, r := range records {
		if r.Outcome != want {
			t.Errorf("%s: %s, want %s: %s; observed %v", r.Look, r.Outcome, want, r.Reason, r.Observed)
		}
		if len(r.Observed) == 0 {
			t.Errorf("%s: no observed values", r.Look)
		}
	}
}

// driftIsRepaired changes by hand what Cairn keeps. The next up repairs it, and
// the one after that finds nothing.
func driftIsRepaired(t *testing.T, b *bed) {
	b.run("server", unwatched+`nft insert rule inet cairn input tcp dport 8080 accept
		printf 'x\n' >/etc/apt/apt.conf.d/20auto-upgrades
		sed -i 's/^MaxAuthTries.*/MaxAuthTries 20/' /etc/ssh/sshd_config.d/00-cairn.conf; systemctl reset-failed ssh; systemctl restart ssh`)
	plan, err := b.engine().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := plan.Changes(); n != 3 {
		t.Errorf("%d changes are planned, want 3: %+v", n, plan.Hosts)
	}
	if n := b.up().Plan.Changes(); n != 3 {
		t.Errorf("up found %d changes, want 3", n)
	}
	if n := b.up().Plan.Changes(); n != 0 {
		t.Errorf("the next up found %d changes", n)
	}
}

func chainIsWhole(t *testing.T, b *bed) {
	records := 0
	if err := b.engine().Evidence(t.Context(), func(evidence.Record) error { records++; return nil }); err != nil {
		t.Error(err)
	}
	if records < 20 {
		t.Errorf("only %d records", records)
	}
}

// TestPurge removes what Cairn keeps for itself. What it set up stays, and the
// host can be managed again.
func TestPurge(t *testing.T) {
	b := newBed(t, "server")
	session, err := b.connector().Connect(t.Context(), b.host("server"), host.Login{User: "root"})
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = session.Close()
	if left := b.run("server", "ls -d /var/lib/cairn /run/cairn /run/cairn-work 2>/dev/null; true"); left != "" {
		t.Errorf("left: %s", left)
	}
	again, err := b.connector().Connect(t.Context(), b.host("server"), host.Login{User: "root"})
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}
