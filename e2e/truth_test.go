package e2e

import (
	"bufio"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/problem"
)

// drift gives the guard at the gate something to repair.
const drift = "rm /etc/ssh/sshd_config.d/00-cairn.conf"

// TestTruth interrupts the program, lets its host vanish and has a change refused.
// Each time it reads what the program says last. One host does for all of it.
func TestTruth(t *testing.T) {
	b := newBed(t, "server")
	h := &faultyHost{owner: newOwner(t, b, "server"), bed: b, host: "server"}
	t.Run("not in network.admin", func(t *testing.T) { h.t = t; strangerIsRefused(t, h) })
	t.Run("interrupted", func(t *testing.T) { h.t = t; interruptedSaysWhatIsArmed(t, h) })
	t.Run("resumed", func(t *testing.T) { h.t = t; resumedIsProven(t, h) })
	t.Run("another journal", func(t *testing.T) { h.t = t; pastIsPast(t, h) })
	t.Run("vanished in a check", func(t *testing.T) { h.t = t; vanishedCheckEnds(t, h) })
	t.Run("vanished in a change", func(t *testing.T) { h.t = t; vanishedUpEnds(t, h) })
}

// timedOutcome is what a command in plain text said, how it ended, and how long it
// took.
type timedOutcome struct {
	outcome
	took time.Duration // from the call of do to its end
}

// until runs a command and calls do when a line of its progress has the words.
// Then the command must end within the limit.
func (h *faultyHost) until(words string, do func(*os.Process), limit time.Duration, args ...string) timedOutcome {
	h.t.Helper()
	cmd := h.command(args...)
	var stdout strings.Builder
	cmd.Stdout = &stdout
	talk, err := cmd.StderrPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	var stderr strings.Builder
	var done time.Time
	hangs := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer hangs.Stop()
	for lines := bufio.NewScanner(talk); lines.Scan(); {
		stderr.WriteString(lines.Text() + "\n")
		if done.IsZero() && strings.Contains(lines.Text(), words) {
			do(cmd.Process)
			done = time.Now()
			hangs.Reset(limit)
		}
	}
	_ = cmd.Wait()
	e := timedOutcome{outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}, time.Since(done)}
	if done.IsZero() || e.exit < 0 {
		h.t.Fatalf("it did not say %q, or did not end within %s of that:\n%s%s", words, limit, e.stdout, e.stderr)
	}
	h.t.Logf("ended %.1fs after %q with %d:\n%s%s", e.took.Seconds(), words, e.exit, e.stdout, e.stderr)
	return e
}

func (e timedOutcome) says(t *testing.T, all ...string) {
	t.Helper()
	for _, words := range all {
		if !strings.Contains(e.stdout+e.stderr, words) {
			t.Errorf("it does not say %q", words)
		}
	}
}

// neverAsDeclared checks that a command which did not bring the lab there does not
// claim so.
func (e timedOutcome) neverAsDeclared(t *testing.T) {
	t.Helper()
	if strings.Contains(e.stdout, "as declared") {
		t.Error("it says that the host is as declared")
	}
}

func interrupt(p *os.Process) { _ = p.Signal(syscall.SIGINT) }

// strangerIsRefused declares admin networks without this machine. The program must
// say so once, before anything is changed.
func strangerIsRefused(t *testing.T, h *faultyHost) {
	declared := labFile(h.bed, []string{h.host})
	var lines []string
	for line := range strings.Lines(declared) {
		if !strings.HasPrefix(line, "  - \"") {
			lines = append(lines, line)
		}
	}
	h.write("lab.yaml", strings.Replace(strings.Join(lines, ""), "  admin:\n", "  admin: [192.0.2.0/24]\n", 1))
	defer h.write("lab.yaml", declared)
	e := timedOutcome{outcome: h.finish(h.command("up", "--yes"), nil)}
	t.Logf("%s%s", e.stdout, e.stderr)
	if e.exit != problem.ExitRolledBack {
		t.Errorf("it ended with %d", e.exit)
	}
	e.neverAsDeclared(t)
	e.says(t, "refused before it changed anything: guard gate", "is not in network.admin")
	if n := strings.Count(e.stdout+e.stderr[strings.Index(e.stderr, "\nerror: "):], "network.admin"); n != 1 {
		t.Errorf("the end names the cause %d times", n)
	}
}

// interruptedSaysWhatIsArmed interrupts a change that waits for its confirmation.
func interruptedSaysWhatIsArmed(t *testing.T, h *faultyHost) {
	e := h.until("guard gate applied, not yet confirmed", interrupt, 10*time.Second, "up", "--yes")
	if e.exit != problem.ExitCancelled {
		t.Errorf("it ended with %d", e.exit)
	}
	e.neverAsDeclared(t)
	e.says(t, "server: guard gate is armed; without a confirmation the host puts everything back by itself at ", "code:  run.cancelled")
}

// resumedIsProven goes on with that change. It is confirmed and then looked at.
func resumedIsProven(t *testing.T, h *faultyHost) {
	first := h.mustUp()
	if looks := looksAt(first.lines(t)); looks["ssh-effective-config"] == 0 {
		t.Errorf("no look at what was changed: %v", looks)
	}
	// The same with evidence that is still fresh, if the change after it did not
	// count.
	h.bed.run(h.host, drift)
	h.until("guard gate applied, not yet confirmed", interrupt, 10*time.Second, "up", "--yes")
	resumed := h.mustUp()
	if looks := looksAt(resumed.lines(t)); looks["ssh-effective-config"] == 0 {
		t.Errorf("no look at what was changed: %v", looks)
	}
	if looks := looksAt(h.mustUp().lines(t)); len(looks) > 0 {
		t.Errorf("looks were taken again although all was proven: %v", looks)
	}
	h.noChanges()
}

// looksAt counts the looks by their probes.
func looksAt(all []outputLine) map[string]int {
	looks := map[string]int{}
	for _, s := range all {
		if s.Type == engine.EventLook {
			looks[s.Probe]++
		}
	}
	return looks
}

// pastIsPast makes the lab's folder anew, except for the pinned keys. Runs that
// the host did for the earlier journal must be reported as past, not as changes of
// now.
func pastIsPast(t *testing.T, h *faultyHost) {
	if err := os.Remove(h.journal()); err != nil {
		t.Fatal(err)
	}
	for _, s := range h.mustUp().lines(t) {
		switch {
		case s.Type == engine.EventAttached && strings.Contains(s.Text, "earlier runs that this lab's journal did not know of"):
			return
		case strings.HasPrefix(s.Type, "guard.") || strings.HasPrefix(s.Type, "step."):
			t.Fatalf("a past event is reported as new: %+v", s)
		}
	}
	t.Error("no event says that there are earlier runs")
}

// vanishWhen drops every packet from and to the host once a condition holds there,
// like a switch that hangs. Nobody gets an error. [faultyHost.comeBack] ends it.
func (h *faultyHost) vanishWhen(condition string) {
	h.bed.run(h.host, `setsid sh -c 'until `+condition+`; do sleep 0.02; done
		nft "add table inet vanish; add chain inet vanish in { type filter hook input priority -300; policy drop; }; add chain inet vanish out { type filter hook output priority -300; policy drop; }"
		' >/dev/null 2>&1 </dev/null &`)
}

func (h *faultyHost) comeBack() { h.bed.run(h.host, "nft delete table inet vanish") }

// vanishedCheckEnds drops the packets while looks are taken.
func vanishedCheckEnds(t *testing.T, h *faultyHost) {
	h.vanishWhen("pidof cairn-agent && sleep 2")
	e := h.until("proving: ", func(*os.Process) {}, 2*time.Minute, "check")
	h.comeBack()
	if e.exit != problem.ExitUnproven {
		t.Errorf("it ended with %d", e.exit)
	}
	e.says(t, "the connection to the host broke")
}

// vanishedUpEnds drops the packets while a guard is armed. After an interrupt, up
// says what the host will do and ends. The host does it, and the next up
// converges.
func vanishedUpEnds(t *testing.T, h *faultyHost) {
	h.bed.run(h.host, drift)
	h.vanishWhen("[ -e /etc/ssh/sshd_config.d/00-cairn.conf ]")
	e := h.until("guard gate armed", func(p *os.Process) {
		time.Sleep(5 * time.Second)
		interrupt(p)
	}, 10*time.Second, "up", "--yes")
	h.comeBack()
	if e.exit != problem.ExitCancelled {
		t.Errorf("it ended with %d", e.exit)
	}
	e.neverAsDeclared(t)
	e.says(t, "server: guard gate is armed")
	h.mustUp()
	h.noChanges()
}
