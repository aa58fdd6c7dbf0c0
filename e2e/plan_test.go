package e2e

import (
	"strings"
	"testing"
)

// mostPlanLines is the longest that the plan of three fresh hosts may be.
const mostPlanLines = 45

// TestPlanIsReadable checks that a plan shows hosts with the same plan once, and a
// file's content line by line. A command can also name only some hosts.
func TestPlanIsReadable(t *testing.T) {
	b := newBed(t, "server1", "server2", "server3")
	o := newOwner(t, b, "server1", "server2", "server3")
	text := func(args ...string) string {
		t.Helper()
		e := o.finish(o.command(args...), nil)
		if e.exit != 0 {
			t.Fatalf("%q ended with %d:\n%s%s", args, e.exit, e.stdout, e.stderr)
		}
		return e.stdout
	}
	root := []string{"--first-user", "root"}

	plan := text(append([]string{"plan"}, root...)...)
	t.Logf("\n%s", plan)
	if n := strings.Count(plan, "\n"); n > mostPlanLines {
		t.Errorf("the plan of three fresh hosts has %d lines", n)
	}
	if !strings.Contains(plan, "\nserver1, server2, server3  Debian") || strings.Count(plan, "firewall table inet cairn") != 1 {
		t.Error("hosts with the same plan are not shown once")
	}
	full := text(append([]string{"plan", "--full"}, root...)...)
	for _, want := range []string{"        + * hard core 0", "+ PermitRootLogin: not set -> no", "+ ops ALL=(ALL:ALL) NOPASSWD: ALL"} {
		if !strings.Contains(full, want) {
			t.Errorf("the full plan does not say %q:\n%s", want, full)
		}
	}
	one := text(append([]string{"plan", "--host", "server2"}, root...)...)
	if !strings.Contains(one, "\nserver2  Debian") || strings.Contains(one, "server1") {
		t.Errorf("the plan of one host:\n%s", one)
	}
	if e := o.finish(o.command("plan", "--host", "sever2"), nil); e.exit != 1 || !strings.Contains(e.stderr, "did you mean `server2`?") {
		t.Errorf("a host that does not exist ends with %d:\n%s", e.exit, e.stderr)
	}

	before := b.fingerprint("server2")
	text(append([]string{"up", "--yes", "--host", "server1"}, root...)...)
	if d := difference(before, b.fingerprint("server2")); d != "" {
		t.Errorf("up --host server1 changed server2:\n%s", d)
	}
	b.run("server1", `sed -i 's/Unattended-Upgrade "1"/Unattended-Upgrade "0"/' /etc/apt/apt.conf.d/20auto-upgrades`)
	drifted := text(append([]string{"plan"}, root...)...)
	for _, want := range []string{
		"\nserver1  Debian", "\nserver2, server3  Debian", "    ~ file /etc/apt/apt.conf.d/20auto-upgrades\n",
		`        - APT::Periodic::Unattended-Upgrade "0";`, `        + APT::Periodic::Unattended-Upgrade "1";`,
	} {
		if !strings.Contains(drifted, want) {
			t.Errorf("the plan of a drifted host does not say %q:\n%s", want, drifted)
		}
	}
	if checked := text(append([]string{"check", "--host", "server1", "foundation.os-supported"}, root...)...); strings.Contains(checked, " on server2") {
		t.Errorf("check --host server1 looks at others:\n%s", checked)
	}
	causesAreNamedOnce(t, b, o, root)
}

// causesAreNamedOnce checks that a missing host is one cause, however many looks
// it stops. Failures come before everything else.
func causesAreNamedOnce(t *testing.T, b *bed, o *owner, root []string) {
	t.Helper()
	b.run("server3", "systemctl stop ssh.socket ssh.service; pkill -x sshd || true")
	args := append([]string{"check", "foundation.os-supported", "foundation.network-stable", "foundation.hardware-recognised"}, root...)
	checked := o.finish(o.command(args...), nil)
	if n := strings.Count(checked.stdout, "connection refused"); checked.exit != 12 || n != 1 {
		t.Errorf("check ended with %d and names the missing host %d times:\n%s", checked.exit, n, checked.stdout)
	}
	explained := o.finish(o.command("explain", "foundation.os-supported"), nil)
	_, after, _ := strings.Cut(explained.stdout, "\n\n")
	head, rest, _ := strings.Cut(after, "\n\n")
	for _, want := range []string{"unproven  server3: the host cannot be reached", "what to do: check that the host is on"} {
		if !strings.Contains(head, want) || strings.Contains(rest, want) {
			t.Errorf("explain does not begin with %q, once:\n%s", want, explained.stdout)
		}
	}
}
