package guard

import (
	"os"
	"path/filepath"
	"testing"

	"cairn/internal/sshdconf"
)

// TestReasonsSayWhere checks that a reason has the file and line that lock the
// owner out.
func TestReasonsSayWhere(t *testing.T) {
	s := newScratch(t)
	main := filepath.Join(s.root(), sshdconf.Main)
	must(t, os.WriteFile(main, []byte("UsePAM yes\nAllowUsers alice\nMatch User ops\n\tForceCommand /bin/menu\n"), 0o600))
	g := &guard{Env: s.env("")}
	got := g.placed(t.Context(), settings{"allowusers": {"alice"}, "forcecommand": {"/bin/menu"}, "denyusers": {"ops"}}.refuses(user{name: "ops"}, ""))
	want := []string{
		"DenyUsers names ops", "AllowUsers does not name ops, in " + sshdconf.Main + ":2", "ForceCommand leaves no shell, in " + sshdconf.Main + ":4",
	}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, not %q", got[i], want[i])
		}
	}
}
