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

func TestComplaints(t *testing.T) {
	got := complaintsOf("E: The repository 'http://a Release' is not signed.\nN: Updating is off\nW: Failed to fetch http://b  Could not resolve 'b'\n" +
		"W: Failed to fetch http://b  Could not resolve 'b'\nW: Some index files failed to download. They have been ignored, or old ones used instead.\n")
	want := []string{"The repository 'http://a Release' is not signed.", "Failed to fetch http://b  Could not resolve 'b'"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
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
