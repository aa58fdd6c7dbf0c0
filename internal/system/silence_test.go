package system

import (
	"strings"
	"testing"
	"time"
)

// A package's own script hangs. The error names what hangs, and nothing of it is
// left.
func TestASilentProgramIsEndedWithItsChildren(t *testing.T) {
	began := time.Now()
	out, err := NewLocal().RunWith(t.Context(), Command{Argv: []string{"sh", "-c", "echo begun; setsid sh -c 'sleep 86399; :'; :"}, Silence: 300 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "was silent for 300ms") || !strings.Contains(err.Error(), "`sleep 86399`") {
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
	out, err := NewLocal().RunWith(t.Context(), Command{Argv: []string{"sh", "-c", "for n in 1 2 3 4 5 6 7 8; do echo $n; sleep 0.1; done"}, Silence: 500 * time.Millisecond})
	if err != nil || !strings.HasSuffix(string(out.Stdout), "8\n") {
		t.Errorf("%q, %v", out.Stdout, err)
	}
}
