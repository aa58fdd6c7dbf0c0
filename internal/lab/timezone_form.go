package lab

import (
	"fmt"
	"slices"
	"strings"

	_ "embed" // for the list of time zones

	"cairn/internal/spelling"
)

// timezoneText has one name of the IANA time zone database a line: those that
// both Go's distribution and Debian 13's package tzdata know. Behind a name that
// Debian keeps in tzdata-legacy, which hosts do not have, is today's name.
//
//go:embed timezones.txt
var timezoneText string

// timezones are the names that may be used, and today's names of old ones.
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

var timezoneForm = &form{
	name: "a name of the IANA time zone database", example: "Europe/Berlin",
	check: func(text string) *flaw {
		names, renamed := timezones()
		if slices.Contains(names, text) {
			return nil
		}
		if today := renamed[text]; today != "" {
			return &flaw{message: fmt.Sprintf("%q is an old name, which hosts may not know", text), suggestion: today}
		}
		for _, name := range names {
			if strings.EqualFold(name, text) {
				return &flaw{suggestion: name}
			}
		}
		return &flaw{suggestion: spelling.Nearest(text, names)}
	},
}
