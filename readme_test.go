package cairn_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"cairn/internal/golden"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// TestReadmeSaysWhatWorks compares the README's table with what the code can do.
func TestReadmeSaysWhatWorks(t *testing.T) {
	is := read(t, "README.md")
	place := regexp.MustCompile(`(?s)(<!-- begin what works -->\n).*(<!-- end what works -->)`)
	golden.Check(t, "README.md", place.ReplaceAllString(is, "${1}"+whatWorks(t)+"${2}"))
}

// whatWorks is a table of the roadmap's stages. It has what this version does,
// what people do and it proves, and what is to come.
func whatWorks(t *testing.T) string {
	t.Helper()
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| stage | works today | not yet |\n|---|---|---|\n")
	for _, s := range r.Stages {
		var works, missing []string
		for _, one := range s.Tasks {
			if one.Available {
				works = append(works, one.Name)
			} else {
				missing = append(missing, one.Name)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", s.Name, strings.Join(works, ", "), strings.Join(missing, ", "))
	}
	return b.String()
}
