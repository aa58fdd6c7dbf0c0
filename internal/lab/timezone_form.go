package lab

import (
	"fmt"
	"slices"
	"strings"

	_ "embed" // for the list of time zones

	"cairn/internal/document"
	"cairn/internal/spelling"
)

// timezoneText lists names of the IANA time zone database, one a line: those that
// both Go's distribution and Debian 13's package tzdata contain. Some names are in
// Debian's tzdata-legacy, which hosts do not have. Behind such a name stands its
// current name.
//
//go:embed timezones.txt
var timezoneText string

// timezones returns the allowed names, and the current names of old ones.
func timezones() (names []string, renamed map[string]string) {
	renamed = map[string]string{}
	for line := range strings.Lines(timezoneText) {
		name, today, old := strings.Cut(strings.TrimSpace(line), " ")
		if old {
			renamed[name] = today
			continue
		}
		names = append(names, name)
	}
	return names, renamed
}

var timezoneForm = &document.Form{
	Name: "a name of the IANA time zone database", Example: "Europe/Berlin",
	Check: func(text string) *document.Flaw {
		names, renamed := timezones()
		if slices.Contains(names, text) {
			return nil
		}
		if today := renamed[text]; today != "" {
			return &document.Flaw{Message: fmt.Sprintf("%q is an old name, which hosts may not know", text), Suggestion: today}
		}
		for _, name := range names {
			if strings.EqualFold(name, text) {
				return &document.Flaw{Suggestion: name}
			}
		}
		return &document.Flaw{Suggestion: spelling.Nearest(text, names)}
	},
}
