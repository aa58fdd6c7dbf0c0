package problem

import (
	"fmt"
	"strings"
	"testing"

	"cairn/internal/golden"
)

func TestErrorPageIsUpToDate(t *testing.T) {
	golden.Check(t, "../../docs/reference/errors.md", errorPage())
}

func TestExitPageIsUpToDate(t *testing.T) {
	golden.Check(t, "../../docs/reference/exit-codes.md", exitPage())
}

func TestEveryCodeEndsWithADocumentedExit(t *testing.T) {
	for _, e := range All() {
		if !strings.Contains(exitPage(), fmt.Sprintf("| %d | ", e.Exit)) {
			t.Errorf("%s: exit code %d is on no page", e.Code, e.Exit)
		}
		if _, id, _ := strings.Cut(e.Link(), "#"); !strings.Contains(errorPage(), `<a id="`+id+`"></a>`) {
			t.Errorf("%s: %s leads nowhere", e.Code, e.Link())
		}
	}
}

// errorPage is the catalogue for people.
func errorPage() string {
	var b strings.Builder
	b.WriteString("# Errors\n\nMade from the catalogue in `internal/problem`; do not edit. Codes never change. ")
	b.WriteString("`cairn explain CODE` says the same.\n")
	area := ""
	for _, e := range All() {
		if of, _, _ := strings.Cut(string(e.Code), "."); of != area {
			area = of
			fmt.Fprintf(&b, "\n## %s\n", strings.ToUpper(of[:1])+of[1:])
		}
		fmt.Fprintf(&b, "\n### <a id=\"%s\"></a>`%s`\n\n%s\n\n", e.Code, e.Code, e.Meaning)
		fmt.Fprintf(&b, "- **How it comes about.** %s\n- **How to see it.** %s\n", e.Why, e.See)
		fmt.Fprintf(&b, "- **What to do.** %s.\n- **Or else.** %s\n", upperFirst(e.Fix), e.Other)
		fmt.Fprintf(&b, "- Exit code: [%d](exit-codes.md)\n", e.Exit)
	}
	return b.String()
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// exitPage is the table of exit codes for people.
func exitPage() string {
	var b strings.Builder
	b.WriteString("# Exit codes\n\nMade from `internal/problem`; do not edit. They mean the same for every command; `cairn help exit-codes` says the same.\n\n")
	b.WriteString("| code | meaning | errors that end with it |\n|---|---|---|\n")
	for _, exit := range Exits() {
		fmt.Fprintf(&b, "| %d | %s | %s |\n", exit.Code, exit.Meaning, endingWith(exit.Code))
	}
	b.WriteString("\n2 is never used: a Go program that crashes says 2. A program that calls Cairn must take a code that is not here for a failure.\n")
	return b.String()
}

// endingWith links the errors of an exit code. There are too many to list for the
// code of a plain failure.
func endingWith(exit int) string {
	if exit == ExitFailed {
		return "[all others](errors.md)"
	}
	var links []string
	for _, e := range All() {
		if e.Exit == exit {
			links = append(links, fmt.Sprintf("[`%s`](errors.md#%s)", e.Code, e.Code))
		}
	}
	return strings.Join(links, ", ")
}
