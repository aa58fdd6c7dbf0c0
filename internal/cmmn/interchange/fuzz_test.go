package interchange

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

// FuzzImport reads anything. A model that was read is written and read again,
// and must stay the same.
func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.cmmn")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, tt := range refused {
		f.Add([]byte(planStart + tt.body + "</casePlanModel></case></definitions>"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Import("fuzz.cmmn", data)
		if err != nil {
			if problem.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		again, written := rewritten(t, m)
		if !written {
			return
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("-read +read again:\n%s", diff)
		}
	})
}

// rewritten writes and reads a model. Only two sorts of readable models cannot be
// written. One has ids that other tools do not read, and the other nests too
// deeply in its new place.
func rewritten(t *testing.T, m *cmmn.Model) (*cmmn.Model, bool) {
	t.Helper()
	var out bytes.Buffer
	if err := Export(m, &out, nil); err != nil {
		if !strings.Contains(err.Error(), "CMMN tools read ids") && !strings.Contains(err.Error(), "nests deeper") {
			t.Fatalf("it cannot be written: %v", err)
		}
		return nil, false
	}
	again, err := Import("again.cmmn", out.Bytes())
	if err != nil {
		t.Fatalf("it cannot be read again: %v\n%s", err, out.Bytes())
	}
	return again, true
}
