package lab

import (
	"strconv"
	"strings"
)

// quoted is a text of the file as messages show it: in quotes, without control
// characters, not too long.
func quoted(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}

// joined lists words for a sentence.
func joined(words []string) string { return strings.Join(words, ", ") }
