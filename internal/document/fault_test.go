package document

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
)

var (
	plain = Place{Line: 2, Column: 1}.Fault("the key %q is empty", "a")
	full  = Fault{Code: problem.LabBadValue, File: "a.yaml", Line: 1, Column: 4, Message: "it is green", Expected: "a number", Suggestion: "3"}
)

func TestFaultsAreSaid(t *testing.T) {
	want := "a.yaml:1:4: it is green; expected a number; did you mean `3`?\na.yaml:2:1: the key \"a\" is empty"
	if got := (Faults{plain, full}).In("a.yaml").Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFaultsAsJSON(t *testing.T) {
	got, err := json.Marshal(Faults{full, plain})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"code":"lab.bad-value","file":"a.yaml","line":1,"column":4,"message":"it is green","expected":"a number","suggestion":"3"},` +
		`{"file":"","line":2,"column":1,"message":"the key \"a\" is empty"}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Faults must be sorted by place. Those of one place keep the order in which
// they were found, and each appears once.
func TestFaultsOfAFile(t *testing.T) {
	at := func(line, column int, message string) Fault {
		return Place{Line: line, Column: column}.Fault("%s", message)
	}
	found := Faults{at(10, 1, "f"), at(2, 9, "d"), at(2, 3, "c"), at(2, 9, "e"), at(2, 3, "c"), at(1, 1, "b"), at(1, 1, "a")}
	var words []string
	for _, f := range found.In("a.yaml") {
		words = append(words, f.File+" "+f.Message)
	}
	want := []string{"a.yaml b", "a.yaml a", "a.yaml c", "a.yaml d", "a.yaml e", "a.yaml f"}
	if diff := cmp.Diff(want, words); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if found[0].File != "" || found[0].Message != "f" {
		t.Error("the faults themselves were changed")
	}
}

func TestQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"":                      `""`,
		"a \"b\"\n\x1b[31m":     `"a \"b\"\n\x1b[31m"`,
		strings.Repeat("ä", 60): `"` + strings.Repeat("ä", 60) + `"`,
		strings.Repeat("ä", 61): `"` + strings.Repeat("ä", 60) + `…"`,
	} {
		if got := Quoted(text); got != want {
			t.Errorf("Quoted(%q) = %s, want %s", text, got, want)
		}
	}
}
