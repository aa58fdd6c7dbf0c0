package resource

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhoHoldsALock(t *testing.T) {
	for line, want := range map[string]string{
		"E: Could not get lock /var/lib/apt/lists/lock. It is held by process 6732 (python3)\nE: Unable to lock directory /var/lib/apt/lists/": "/var/lib/apt/lists/lock is held by python3 (process 6732)",
		"E: Could not get lock /var/cache/apt/archives/lock - open (11: Resource temporarily unavailable)":                                     "/var/cache/apt/archives/lock is held",
		"E: Unable to locate package x": "",
	} {
		if got := lockHeld(line); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
}

// What programs of other releases say, which TestOnAHostWhatKeepsAptFromARepository
// does not meet.
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
		for _, c := range complaintsOf(Output{Stdout: []byte(c.stdout), Stderr: []byte(c.stderr)}, now) {
			got = append(got, c.text)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// A package's own script hangs: what hangs is named, and nothing of it is left.
func TestASilentProgramIsEndedWithItsChildren(t *testing.T) {
	began := time.Now()
	out, err := NewLocal().runWith(t.Context(), Command{Argv: []string{"sh", "-c", "echo begun; setsid sh -c 'sleep 86399; :'; :"}, Silence: 300 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "said nothing for 300ms") || !strings.Contains(err.Error(), "`sleep 86399`") {
		t.Errorf("it ended with %v", err)
	}
	if string(out.Stdout) != "begun\n" {
		t.Errorf("it printed %q", out.Stdout)
	}
	if left := run(t, Command{Argv: []string{"pgrep", "-f", "sleep 8639[9]"}}); left.Exit != 1 {
		t.Errorf("after %s there is left: %s", time.Since(began), left.Stdout)
	}
}

func TestAProgramThatSpeaksIsLeftAlone(t *testing.T) {
	out, err := NewLocal().runWith(t.Context(), Command{Argv: []string{"sh", "-c", "for n in 1 2 3 4 5 6 7 8; do echo $n; sleep 0.1; done"}, Silence: 500 * time.Millisecond})
	if err != nil || !strings.HasSuffix(string(out.Stdout), "8\n") {
		t.Errorf("%q, %v", out.Stdout, err)
	}
}

func TestTelling(t *testing.T) {
	tell(t.Context(), "to nobody")
	var heard []string
	tell(Telling(context.Background(), func(line string) { heard = append(heard, line) }), "to somebody")
	if d := cmp.Diff([]string{"to somebody"}, heard); d != "" {
		t.Error(d)
	}
}
