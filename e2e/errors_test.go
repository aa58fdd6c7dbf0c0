package e2e

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cairn/internal/engine"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// fault is something wrong. `up` must name it clearly and survive it. wrong causes
// it and right removes it; both run as root on the host unless they are Go.
type fault struct {
	name         string
	args         []string // of up, beside --yes
	wrong, right func(*faultyHost)
	typed        []string // on a terminal, while it is wrong
	typedRight   []string // and when it is not
	exit         int
	code         problem.Code
	says         [3]string // words in the sentence, the cause and the fix
}

// faultyHost is a host with a fault, and its owner.
type faultyHost struct {
	*owner
	bed  *bed
	host string
	// The journal before it was damaged, and after.
	saved, damaged []byte
}

func on(line string) func(*faultyHost) { return func(h *faultyHost) { h.bed.run(h.host, line) } }

// firstFaults happen before a host was ever managed, one on each host.
var firstFaults = []fault{
	{
		name: "wrong password", args: []string{"--first-user", "admin", "--ask-password", "--ask-sudo-password"},
		wrong: on(`useradd -m -s /bin/bash -G sudo admin; echo 'admin:the right one' | chpasswd`),
		typed: []string{"the wrong one"}, typedRight: []string{"the right one", "the right one"},
		exit: problem.ExitUnauthorised, code: problem.HostLoginRefused,
		says: [3]string{"lets neither ops nor admin in", "a password", "--ask-password"},
	},
	{
		name: "wrong sudo password", args: []string{"--first-user", "admin", "--ask-password", "--ask-sudo-password"},
		wrong: on(`useradd -m -s /bin/bash -G sudo admin; echo 'admin:the right one' | chpasswd`),
		typed: []string{"the right one", "the wrong one"}, typedRight: []string{"the right one", "the right one"},
		exit: problem.ExitUnauthorised, code: problem.HostNoSudo,
		says: [3]string{"sudo does not accept the password", "", "--ask-sudo-password"},
	},
	{
		name: "no sudo", args: []string{"--first-user", "plain"},
		wrong: on(`useradd -m -s /bin/bash plain; install -d -m 700 -o plain -g plain /home/plain/.ssh
			install -m 600 -o plain -g plain /root/.ssh/authorized_keys /home/plain/.ssh/`),
		right: on(`echo 'plain ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/plain; chmod 0440 /etc/sudoers.d/plain`),
		exit:  problem.ExitUnauthorised, code: problem.HostNoSudo,
		says: [3]string{"plain may not become root", "password is required", "--ask-sudo-password"},
	},
	{
		name:  "unsupported system",
		wrong: on(`cp /usr/lib/os-release /root/os-release; printf 'ID=gentoo\nPRETTY_NAME="Gentoo Linux"\n' >/usr/lib/os-release`),
		right: on(`mv /root/os-release /usr/lib/os-release`),
		exit:  problem.ExitFailed, code: problem.HostUnsupported,
		says: [3]string{"Gentoo Linux", "", "Debian 12"},
	},
	{
		name: "unreachable host", wrong: (*faultyHost).pullCable, right: (*faultyHost).plugIn,
		exit: problem.ExitFailed, code: problem.HostUnreachable,
		says: [3]string{"cannot be reached at", "dial tcp ", "address and port"},
	},
}

// laterFaults happen to hosts that are managed already.
var laterFaults = []fault{
	{
		name: "changed host key",
		wrong: on(`cp -a /etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_ed25519_key.pub /root/
			rm /etc/ssh/ssh_host_ed25519_key; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh`),
		right: on(`mv /root/ssh_host_ed25519_key /root/ssh_host_ed25519_key.pub /etc/ssh/; systemctl restart ssh`),
		exit:  problem.ExitFailed, code: problem.HostKeyChanged,
		says: [3]string{"is pinned", "", "cairn host forget"},
	},
	{
		// The full disk keeps `up` from writing this file.
		name:  "full disk",
		wrong: on(`mount -t tmpfs -o size=4k full /etc/security/limits.d; dd if=/dev/zero of=/etc/security/limits.d/full bs=4k count=1 2>/dev/null`),
		right: on(`umount /etc/security/limits.d`),
		exit:  problem.ExitFailed, code: problem.HostDiskFull,
		says: [3]string{"no space left for file /etc/security/limits.d/50-cairn.conf", "no space left on device", "free some space"},
	},
	{
		name: "corrupt journal", wrong: (*faultyHost).corruptJournal, right: (*faultyHost).restoreJournal,
		exit: problem.ExitFailed, code: problem.JournalCorrupt,
		says: [3]string{"the journal is damaged", "Tree ", "restore .cairn/journal.db from your backup"},
	},
	{
		name: "another file instead of the journal", wrong: (*faultyHost).replaceJournal, right: (*faultyHost).restoreJournal,
		exit: problem.ExitFailed, code: problem.JournalCorrupt,
		says: [3]string{"the file does not begin like a database", "", "restore .cairn/journal.db from your backup"},
	},
}

// TestErrors lets everything go wrong that does in a homelab, with the real
// program. Each fault is a clear error. Once its cause is gone, `up` works, and
// nothing was lost meanwhile.
func TestErrors(t *testing.T) {
	names := []string{"h0", "h1", "h2", "h3", "h4"}
	b := newBed(t, names...)
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			h := &faultyHost{owner: newOwner(t, b, name), bed: b, host: name}
			t.Run(firstFaults[i].name, func(t *testing.T) { firstFaults[i].try(t, h) })
			if i < len(laterFaults) {
				t.Run(laterFaults[i].name, func(t *testing.T) { laterFaults[i].try(t, h) })
			} else {
				t.Run("two at once", func(t *testing.T) { twoAtOnce(t, h) })
			}
		})
	}
	all.Wait()
}

func (f fault) try(t *testing.T, h *faultyHost) {
	h.t = t
	f.wrong(h)
	e := h.up(f.args, f.typed)
	if f.right != nil {
		f.right(h)
	}
	assertFailure(t, e, f.exit, f.code, f.says)
	if e := h.up(f.args, f.typedRight); e.exit != 0 {
		t.Fatalf("without the fault up ended with %d:\n%s%s", e.exit, e.stdout, e.stderr)
	}
	h.noChanges()
	if e := h.run("export", "evidence"); e.exit != 0 {
		t.Errorf("the evidence is no longer whole: %s", e.stdout)
	}
}

// up runs `up`. It runs on a terminal if something is typed there.
func (h *faultyHost) up(args, typed []string) outcome {
	h.t.Helper()
	args = append([]string{"up", "--yes"}, args...)
	if len(typed) == 0 {
		return h.run(args...)
	}
	return h.finish(h.command(args...), terminal(h.t, typed...))
}

func assertFailure(t *testing.T, e outcome, exit int, code problem.Code, says [3]string) {
	t.Helper()
	f := e.failure(t)
	if e.exit != exit || f.Code != string(code) {
		t.Errorf("exit %d, code %q; want %d, %q", e.exit, f.Code, exit, code)
	}
	for i, got := range []string{f.Summary, f.Cause, f.Fix} {
		if !strings.Contains(got, says[i]) {
			t.Errorf("the %s is %q, without %q", [3]string{"sentence", "cause", "fix"}[i], got, says[i])
		}
	}
	t.Logf("exit %d, %s: %s: %s; cause: %s; fix: %s", e.exit, f.Code, f.Where, f.Summary, f.Cause, f.Fix)
}

// failure is the error that the program ended with, as JSON or as text.
func (e outcome) failure(t *testing.T) (f outputLine) {
	t.Helper()
	if !strings.Contains(e.stderr, "\nerror: ") {
		lines := e.lines(t)
		if len(lines) == 0 || lines[len(lines)-1].Type != "error" {
			t.Fatalf("no error is reported:\n%s%s", e.stdout, e.stderr)
		}
		return lines[len(lines)-1]
	}
	for lines := bufio.NewScanner(strings.NewReader(e.stderr)); lines.Scan(); {
		word, text, _ := strings.Cut(lines.Text(), ":")
		switch text = strings.TrimSpace(text); word {
		case "error":
			f.Summary = text
		case "cause":
			f.Cause = text
		case "fix":
			f.Fix = text
		case "code":
			f.Code, _, _ = strings.Cut(text, " ")
		}
	}
	return f
}

func (h *faultyHost) pullCable() {
	if err := h.bed.rehearsal.Disconnect(h.t.Context(), h.host); err != nil {
		h.t.Fatal(err)
	}
}

func (h *faultyHost) plugIn() {
	if err := h.bed.rehearsal.Connect(h.t.Context(), h.host); err != nil {
		h.t.Fatal(err)
	}
}

func (h *faultyHost) journal() string { return filepath.Join(h.dir, engine.StateDir, "journal.db") }

// damageJournal replaces the journal with what damage returns for it.
func (h *faultyHost) damageJournal(damage func([]byte) []byte) {
	h.t.Helper()
	var err error
	if h.saved, err = os.ReadFile(h.journal()); err != nil {
		h.t.Fatal(err)
	}
	h.damaged = damage(bytes.Clone(h.saved))
	h.write(filepath.Join(engine.StateDir, "journal.db"), string(h.damaged))
}

// corruptJournal overwrites a page in the middle, as a failing disk does.
func (h *faultyHost) corruptJournal() {
	h.damageJournal(func(content []byte) []byte {
		const page = 4096
		middle := len(content) / 2 / page * page
		copy(content[middle:middle+page], bytes.Repeat([]byte{0x5a}, page))
		return content
	})
}

func (h *faultyHost) replaceJournal() {
	h.damageJournal(func([]byte) []byte { return []byte("Dear diary,\n") })
}

// restoreJournal does what the fix says. The damaged journal must be unchanged, so
// that it can still be rescued.
func (h *faultyHost) restoreJournal() {
	h.t.Helper()
	found, err := os.ReadFile(h.journal())
	if err != nil {
		h.t.Fatal(err)
	}
	if !bytes.Equal(found, h.damaged) {
		h.t.Error("the damaged journal was changed")
	}
	h.write(filepath.Join(engine.StateDir, "journal.db"), string(h.saved))
}

// twoAtOnce starts a second up while the first is in the middle of a guarded
// change. The second is refused. The first finishes as if nothing had happened.
func twoAtOnce(t *testing.T, h *faultyHost) {
	h.t = t
	h.bed.run(h.host, "rm /etc/ssh/sshd_config.d/00-cairn.conf")
	first := h.command("up", "--yes", "-o", "ndjson")
	stdout, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	tried := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if !tried && strings.Contains(lines.Text(), string(wire.GuardArmed)) {
			tried = true
			assertFailure(t, h.run("up", "--yes"), problem.ExitLocked, problem.RunLocked,
				[3]string{"another run is changing this lab (cairn up, process ", "", "wait for it to end"})
		}
	}
	if err := first.Wait(); err != nil || !tried {
		t.Errorf("the first up: %v; the second was tried: %v", err, tried)
	}
	if e := h.run("up", "--yes"); e.exit != 0 {
		t.Errorf("the up after both ended with %d:\n%s", e.exit, e.stdout)
	}
	h.noChanges()
}
