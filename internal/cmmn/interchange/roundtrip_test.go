package interchange

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

func TestExportThenImportIsTheSameModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModel().Draw(t, "model")
		data := exported(t, m)
		again, err := Import("again.cmmn", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("-written +read:\n%s", diff)
		}
		if want, got := len(newSurvey(m).done), len(newSurvey(again).done); want != got {
			t.Errorf("%d definitions became %d", want, got)
		}
		if second := exported(t, again); !bytes.Equal(data, second) {
			t.Errorf("written again, the file is different:\n%s", cmp.Diff(string(data), string(second)))
		}
	})
}

// fataler is the part of testing.TB that rapid.T has too.
type fataler interface {
	Helper()
	Fatal(...any)
}

func exported(t fataler, m *cmmn.Model) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := Export(m, &out, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBrokenFilesAreRefusedOrKept leaves out, doubles and moves lines of a good
// file. Most lines are one element, so this reaches further than noise.
func TestBrokenFilesAreRefusedOrKept(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		lines := bytes.SplitAfter(exported(t, everything()), []byte("\n"))
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			at := rapid.IntRange(2, len(lines)-2).Draw(t, "at")
			to := rapid.IntRange(2, len(lines)-2).Draw(t, "to")
			line := lines[at]
			if rapid.Bool().Draw(t, "out") {
				lines = slices.Delete(lines, at, at+1)
			}
			if rapid.Bool().Draw(t, "in") {
				lines = slices.Insert(lines, min(to, len(lines)-1), line)
			}
		}
		m, err := Import("broken.cmmn", bytes.Join(lines, nil))
		if err != nil {
			if problem.CodeOf(err) == "" {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		read++
		again, err := Import("again.cmmn", exported(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("-read +read again:\n%s", diff)
		}
	})
	if read == 0 {
		t.Error("not one of the files was read, so this proves little")
	}
}
