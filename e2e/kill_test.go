package e2e

import (
	"bufio"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/journal"
	"cairn/internal/wire"
)

// killPoint is a moment at which the controller is killed. It is when the
// controller prints an event of a type about something. If needed to tell it from
// another, a step must come before.
type killPoint struct{ event, about, after string }

// killPoints are spread over a whole run, in order, from the first contact to the
// last look. The first gate is sshd's, the second one the firewall's.
var killPoints = []killPoint{
	{event: engine.EventConnecting},
	{event: engine.EventConnecting, about: "copying the agent"},
	{event: engine.EventLook, about: "os-release"},
	{event: engine.EventMilestone, about: "Host OS"},
	{event: engine.EventLooking, about: "network"},

	{event: string(wire.RunStarted)},
	{event: string(wire.StepIntent), about: "packages"}, // while they are being installed
	{event: string(wire.StepApplied), about: "packages"},
	{event: string(wire.StepApplied), about: "net.ipv4.tcp_syncookies"},
	{event: string(wire.RunDone)},

	{event: string(wire.GuardArmed), about: "access"},
	{event: string(wire.GuardApplied), about: "access"},
	{event: engine.EventProof, about: "access"}, // between the login and the confirmation
	{event: string(wire.GuardPersisted), about: "access"},
	{event: engine.EventProof, about: "gate"}, // between the trial login and the go-ahead

	{event: string(wire.GuardPrepared), about: "gate"},
	{event: string(wire.GuardSettled), about: "gate"},
	{event: string(wire.GuardConfirmed), about: "gate"},
	{event: string(wire.GuardApplied), about: "gate", after: "nft-table"},
	{event: engine.EventLooking, about: "port-scan-ipv4"},
}

// TestKilledController kills the controller at each point, each time in a first
// contact. Only `make test-long` tries all; otherwise it tries every second one.
// The next `up` attaches to the run and finishes. Then the plan is empty and
// nothing was rolled back on the way. The journal has every event of the host
// exactly once.
func TestKilledController(t *testing.T) {
	names := []string{"h0", "h1", "h2", "h3", "h4"}
	b := newBed(t, names...)
	var points []killPoint
	for i, p := range killPoints {
		if whole() || i%2 == 1 {
			points = append(points, p)
		}
	}
	spread(names, points, func(name string, at killPoint) {
		t.Run(at.name(), func(t *testing.T) { killAndFinish(t, b, name, at) })
	})
}

func (p killPoint) name() string { return strings.TrimSpace(p.event + " " + p.about + " " + p.after) }

func killAndFinish(t *testing.T, b *bed, name string, at killPoint) {
	b.run(name, makeBare)
	if at.about == "packages" {
		b.run(name, "apt-get -q purge -y unattended-upgrades")
	}
	o := newOwner(t, b, name)
	o.kill(at, "up", "--yes")
	o.mustUp()
	o.noChanges()
	assertEventsOnce(t, b, o, name)
	if e := o.run("export", "evidence"); e.exit != 0 {
		t.Errorf("the chain of evidence: %s", e.stdout)
	}
}

// makeBare removes what another owner's work has left on a host. The host is then
// as before the first contact, except for packages.
const makeBare = `
	systemctl disable --now cairn-firewall cairn-firewall-again; nft delete table inet cairn
	rm -rf /var/lib/cairn /run/cairn /etc/cairn /run/cairn-firewall.nft /etc/systemd/system/cairn-firewall*.service /etc/ssh/sshd_config.d/00-cairn.conf \
		/etc/sudoers.d/cairn-ops /etc/apt/apt.conf.d/*auto-upgrades /etc/apt/apt.conf.d/*cairn* /etc/sysctl.d/*cairn* \
		/etc/security/limits.d/*cairn* /etc/systemd/journald.conf.d/*cairn*
	systemctl daemon-reload; systemctl restart ssh
	if id ops; then systemctl stop "user-$(id -u ops).slice"; userdel --force --remove ops; groupdel ssh-users; fi
	true`

// kill starts the program and kills it at a point. It gets no chance to tidy up.
func (o *owner) kill(at killPoint, args ...string) {
	o.t.Helper()
	cmd := o.command(append(args, "-o", "ndjson")...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	var output strings.Builder
	reached, after := false, at.after == ""
	for lines := bufio.NewScanner(stdout); !reached && lines.Scan(); {
		output.WriteString(lines.Text() + "\n")
		var s outputLine
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			o.t.Errorf("not a line of JSON: %q: %v", lines.Text(), err)
		}
		after = after || strings.Contains(s.Step, at.after)
		reached = after && s.Type == at.event && strings.Contains(s.Step+" "+s.Guard+" "+s.Probe+" "+s.Text, at.about)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if !reached {
		o.t.Fatalf("the run ended before it said %+v:\n%s", at, output.String())
	}
	if cmd.ProcessState.Exited() {
		o.t.Fatalf("the program ended by itself: %v", cmd.ProcessState)
	}
}

// assertEventsOnce compares the lab's journal with the host's own records of its
// runs, event by event.
func assertEventsOnce(t *testing.T, b *bed, o *owner, name string) {
	t.Helper()
	kept := journalled(t, o, name)
	session, err := b.connector().Connect(t.Context(), b.host(name), host.Login{OwnerOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	runs := session.Hello().Runs
	if len(runs) == 0 {
		t.Error("the host has no run on record")
	}
	for _, run := range runs {
		var own []string
		err := session.Attach(t.Context(), run.ID, 0, func(e wire.Event) error {
			body, err := json.Marshal(e)
			own = append(own, string(body))
			return err
		})
		if err != nil {
			t.Errorf("run %s: %v", run.ID, err)
		}
		if !run.Last.Final() {
			t.Errorf("run %s has not ended: %s", run.ID, run.Last)
		}
		if !slices.Equal(kept[run.ID], own) {
			t.Errorf("run %s: the journal has\n%s\nand the host\n%s", run.ID, strings.Join(kept[run.ID], "\n"), strings.Join(own, "\n"))
		}
		delete(kept, run.ID)
	}
	for run := range kept {
		t.Errorf("the journal has a run that the host has not: %s", run)
	}
}

// journalled are a host's events in the lab's journal, by run. Their numbers must
// have no gap.
func journalled(t *testing.T, o *owner, name string) map[string][]string {
	t.Helper()
	log, err := journal.Open(t.Context(), filepath.Join(o.dir, engine.StateDir, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	kept := map[string][]string{}
	err = log.Each(t.Context(), 0, func(_ int64, e journal.Event) error {
		if e.Host != name {
			return nil
		}
		kept[e.Run] = append(kept[e.Run], string(e.Body))
		if e.Type == string(wire.GuardRolledBack) || e.Type == string(wire.GuardRefused) {
			t.Errorf("run %s: %s: %s", e.Run, e.Type, e.Body)
		}
		if int(e.Seq) != len(kept[e.Run]) {
			t.Errorf("event %d of run %s stands at place %d", e.Seq, e.Run, len(kept[e.Run]))
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return kept
}
