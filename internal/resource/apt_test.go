package resource

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
	"cairn/internal/system"
)

func TestWhoHoldsALock(t *testing.T) {
	for line, want := range map[string]string{
		"E: Could not get lock /var/lib/apt/lists/lock. It is held by process 6732 (python3)\nE: Unable to lock directory /var/lib/apt/lists/": "/var/lib/apt/lists/lock is held by python3 (process 6732)",
		"E: Could not get lock /var/cache/apt/archives/lock - open (11: Resource temporarily unavailable)":                                     "/var/cache/apt/archives/lock is held",
		"E: Unable to locate package x": "",
	} {
		if got := lockHeld(line).String(); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
}

// Messages of programs of other releases. TestOnAHostWhatKeepsAptFromARepository
// does not meet them.
func TestComplaints(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		stdout, stderr string
		want           []string
	}{
		"apt's own words, each once": {
			stderr: "E: The repository 'http://a Release' is not signed.\nN: Updating is off\nW: Failed to fetch http://b  Could not resolve 'b'\n" +
				"W: Failed to fetch http://b  Could not resolve 'b'\nW: Some index files failed to download. They have been ignored, or old ones used instead.\n",
			want: []string{"The repository 'http://a Release' is not signed.", "Failed to fetch http://b  Could not resolve 'b'"},
		},
		"Debian 12, no way by IPv6": {
			stderr: "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Cannot initiate the connection to deb.debian.org:80 (2a04:4e42::644). - connect (101: Network is unreachable)\n" +
				"W: Failed to fetch http://deb.debian.org/debian/dists/bookworm-updates/InRelease  Unable to connect to deb.debian.org:http:\n",
			want: []string{"deb.debian.org cannot be reached: this host knows only IPv6 addresses of it, and its IPv6 does not get there (2a04:4e42::644: network is unreachable)"},
		},
		"apt's own time-out": {
			stdout: "Err:1 http://m.test ./ InRelease\n  Could not connect to m.test:80 (2001:db8::1), connection timed out\n",
			stderr: "W: Failed to fetch http://m.test/./InRelease  Unable to connect to m.test:http:\n",
			want:   []string{"m.test cannot be reached: this host knows only IPv6 addresses of it, and its IPv6 does not get there (2001:db8::1: connection timed out)"},
		},
		"by IPv4 neither": {
			stderr: "W: Failed to fetch http://m.test/./InRelease  Cannot initiate the connection to m.test:80 (2001:db8::1). - connect (101: Network is unreachable) Could not connect to m.test:80 (192.0.2.1), connection timed out\n",
			want:   []string{"Failed to fetch http://m.test/./InRelease  Cannot initiate the connection to m.test:80 (2001:db8::1). - connect (101: Network is unreachable) Could not connect to m.test:80 (192.0.2.1), connection timed out"},
		},
		"a list that was there before": {
			stderr: "W: An error occurred during the signature verification. The repository is not updated and the previous index files will be used. GPG error: http://m.test stable InRelease: The following signatures were invalid: EXPKEYSIG 22FAD943B5E5A304 a@b\n" +
				"W: Failed to fetch http://m.test/dists/stable/InRelease  The following signatures were invalid: EXPKEYSIG 22FAD943B5E5A304 a@b\n",
			want: []string{"http://m.test stable is signed with the key 22FAD943B5E5A304, which has expired as far as this host knows"},
		},
	} {
		var got []string
		for _, c := range complaintsOf(system.Output{Stdout: []byte(c.stdout), Stderr: []byte(c.stderr)}, now) {
			got = append(got, c.text)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// If a hanging program waits for a lock, the error names the holder.
func TestAProgramThatHangsOnALockSaysWhoHasIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	ok(t, os.WriteFile(path, nil, 0o600))
	holder := exec.CommandContext(t.Context(), "flock", path, "sh", "-c", "echo held; exec sleep 86397")
	out, err := holder.StdoutPipe()
	ok(t, err)
	ok(t, holder.Start())
	defer func() { _ = holder.Process.Kill(); _ = holder.Wait() }()
	_, err = out.Read(make([]byte, 5))
	ok(t, err)
	_, err = system.NewLocal().RunWith(t.Context(), system.Command{Argv: []string{"flock", path, "true"}, Silence: 300 * time.Millisecond})
	mustFail(t, err, "waited for a lock that flock holds (process "+strconv.Itoa(holder.Process.Pid)+")")
	if problem.CodeOf(err) != problem.CommandHung {
		t.Errorf("it is %v", err)
	}
}

// A program hangs if it repeats the same status again and again. It does not hang
// if its status moves.
func TestAStatusThatDoesNotChangeIsNoWord(t *testing.T) {
	const same, moving = `for n in $(seq 100); do echo dlstatus:1:7.5:Retrieving file 1 of 2 >&3; sleep 0.1; done`,
		`for n in 1 2 3 4 5 6 7 8 9; do echo dlstatus:1:7.$n:Retrieving file 1 of 2 >&3; sleep 0.1; done`
	defer within(&system.Silences, map[system.Work]time.Duration{system.Fetching: time.Second})()
	command := func(script string) system.Command {
		return system.Command{Argv: []string{"sh", "-c", script}, Silence: 5 * time.Second, Status: (&aptStatus{}).line}
	}
	_, err := system.NewLocal().RunWith(t.Context(), command(same))
	mustFail(t, err, "sh was silent for 1s and was ended")
	var seen []string
	ctx := system.Showing(t.Context(), func(text string) { seen = append(seen, text) })
	_, err = system.NewLocal().RunWith(ctx, command(moving))
	ok(t, err)
	if d := cmp.Diff([]string{"7 % downloaded, file 1 of 2"}, seen); d != "" {
		t.Error("not shown, or more than once a second: ", d)
	}
}

// Only what is known to be no secret is shown of the lines of apt and dpkg.
// Control characters for a terminal are never shown.
func TestWhatIsShownOfALine(t *testing.T) {
	for line, want := range map[string]string{
		"dlstatus:1:20.9606:Retrieving file 1 of 3 (2min remaining)": "20 % downloaded, file 1 of 3",
		"dlstatus:1:20.9606:hunter2":                                 "20 % downloaded",
		"pmstatus:libc6:amd64:33.3333:Unpacking libc6:amd64 (amd64)": "33 % installed, at libc6:amd64",
		"pmstatus:dpkg-exec:0.0000:Running dpkg":                     "0 % installed, at dpkg-exec",
		"pmerror:a.deb:75:the password is hunter2":                   "",
		"pmconffile:/etc/a:75:'/etc/a' 'hunter2'":                    "",
		"pmstatus:\x1b]0;a:33.3:Unpacking":                           "",
		"hunter2":                                                    "",
	} {
		if got := (&aptStatus{}).line(line).Text; got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := dpkgLine.FindString("Setting up sudo (1.9) hunter2 ..."); got != "Setting up sudo" {
		t.Errorf("of dpkg's line %q is shown", got)
	}
	if got := system.OneLine("a\x1b[2Jb\n\u202ec" + strings.Repeat("x", 1000)); !strings.HasPrefix(got, "a[2Jbc") || len([]rune(got)) != system.MaxShown {
		t.Errorf("%q", got)
	}
}

func TestTelling(t *testing.T) {
	system.Tell(t.Context(), "to nobody")
	var heard []string
	system.Tell(system.Telling(context.Background(), func(line string) { heard = append(heard, line) }), "to somebody")
	if d := cmp.Diff([]string{"to somebody"}, heard); d != "" {
		t.Error(d)
	}
}
