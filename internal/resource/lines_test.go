package resource

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLineDiff(t *testing.T) {
	long := strings.Repeat("x\n", maxLines+1)
	for name, c := range map[string]struct{ have, want, diff string }{
		"the same":   {"a\nb\n", "a\nb\n", ""},
		"a new file": {"", "# Managed by Cairn.\n* hard core 0\n", "+ # Managed by Cairn.\n+ * hard core 0"},
		"a value": {
			"A 1;\nB 1;\nC 1;\nD 1;\nE 1;\nF \"0\";\nG 1;\n", "A 1;\nB 1;\nC 1;\nD 1;\nE 1;\nF \"1\";\nG 1;\n",
			"  C 1;\n  D 1;\n  E 1;\n- F \"0\";\n+ F \"1\";\n  G 1;",
		},
		"a secret that somebody added":     {"a = 1\npassword = hunter2\n# hunter2\n", "a = 2\n", "- a = 1\n- (2 lines not shown, which may be secret)\n+ a = 2"},
		"a secret in a comment":            {"# hunter2\na = 1\n", "# Managed by Cairn.\na = 1\n", "- (1 line not shown, which may be secret)\n+ # Managed by Cairn.\n  a = 1"},
		"a secret before a comment of C++": {"//hunter2\n", "// Managed.\n", "- (1 line not shown, which may be secret)\n+ // Managed."},
		"no text":                          {"\x00", "a\n", ""},
		"an escape sequence":               {"a \x1b[2J\n", "a\n", ""},
		"too long":                         {long, "a\n", ""},
	} {
		if diff := cmp.Diff(c.diff, lineDiff([]byte(c.have), []byte(c.want))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
