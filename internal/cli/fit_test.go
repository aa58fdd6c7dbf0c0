package cli

import (
	"strings"
	"testing"
)

func TestLinesFitTheTerminal(t *testing.T) {
	row := "  \x1b[32m●\x1b[0m Containerization Platform Setup              not available yet  discretionary, estimate 2h to 4h, took 3h"
	for _, width := range []int{40, 60, 80, 100} {
		shown := fitter{width: width}.show(row + "\nshort  row\n")
		for _, line := range strings.Split(shown, "\n") {
			if columns(line) > width {
				t.Errorf("%d columns in %q, the terminal has %d", columns(line), line, width)
			}
		}
		if strings.Join(strings.Fields(shown), " ") != strings.Join(strings.Fields(row), " ")+" short row" {
			t.Errorf("words were lost: %q", shown)
		}
		if !strings.HasSuffix(shown, "\nshort  row\n") {
			t.Errorf("a line that fits was changed: %q", shown)
		}
	}
	if got := (fitter{}).show(row); got != row {
		t.Errorf("without a terminal: %q", got)
	}
	if got := (fitter{width: 40}).show("  " + strings.Repeat("x", 60)); got != "  "+strings.Repeat("x", 60) {
		t.Errorf("a word longer than the terminal: %q", got)
	}
}

func TestSignsFollowTheLocale(t *testing.T) {
	for _, test := range []struct {
		env   map[string]string
		ascii bool
	}{
		{map[string]string{"LANG": "C"}, true},
		{map[string]string{"LANG": "en_GB.UTF-8", "LC_ALL": "POSIX"}, true},
		{map[string]string{"LANG": "C", "LC_CTYPE": "C.utf8"}, false},
		{map[string]string{"LANG": "de_DE.ISO-8859-1"}, true},
		{nil, false},
	} {
		if got := asciiLocale(func(name string) string { return test.env[name] }); got != test.ascii {
			t.Errorf("%v: ASCII %v", test.env, got)
		}
	}
	for _, word := range []string{"proven", "refuted", "stale", "active", "anything"} {
		for _, r := range (fitter{ascii: true}).show(mark(word)) {
			if r > 126 {
				t.Errorf("the mark of %q is %q", word, r)
			}
		}
	}
}
