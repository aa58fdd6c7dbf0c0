package document

import "strconv"

// Quoted returns a text of a document as messages show it: in quotes, without
// control characters, and at most 60 characters long.
func Quoted(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}
