package document

import "strconv"

// Quoted is a text of a document as messages show it: in quotes, without control
// characters, not too long.
func Quoted(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}
