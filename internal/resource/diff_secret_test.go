package resource

import (
	"fmt"
	"strings"
	"testing"
)

// TestDiffsShowNoContent has a file whose old content may be secret. Journals keep
// diffs, and plans show them.
func TestDiffsShowNoContent(t *testing.T) {
	const secret = "hunter2"
	dropin := SSHDropin{Name: "00-test.conf", Options: []SSHOption{{Keyword: "MaxSessions", Value: "10"}}}
	for path, r := range map[string]Resource{
		"/etc/one":           File{Path: "/etc/one", Content: Inline("x\n"), Mode: 0o600},
		dropin.file().Path:   dropin,
		"/etc/sudoers.d/one": Sudoers{Name: "one", Content: Inline("root ALL=(ALL:ALL) ALL\n")},
	} {
		b := scratchBench(t)
		has(sshdConfig, includeLine+"\n", 0o600)(t, b)
		has(path, "#"+secret+" "+secret+"\n", 0o600)(t, b)
		d, err := r.Check(t.Context(), b.sys)
		if err != nil {
			t.Fatal(err)
		}
		if d.Empty() || strings.Contains(fmt.Sprint(d.Changes), secret) {
			t.Errorf("%s %s: %v", r.Kind(), r.Key(), d.Changes)
		}
	}
}
