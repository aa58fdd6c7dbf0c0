package problem

import (
	"fmt"
	"regexp"
	"strings"
)

// mostWords is how many words a sentence for the owner may have.
const mostWords = 25

// unusual are words that a reader new to the program stumbles over, each with the
// usual one.
var unusual = map[string]string{"mend": "fix", "mends": "fixes", "mended": "fixed", "octet": "byte", "octets": "bytes"}

// sentenceEnd is where a sentence ends: at a full stop, a semicolon or a colon
// before a space, or where a paragraph does.
const sentenceEnd = "[.;:?!]+[\"`)]*\\s+|\\n\\s*\\n|\\n {2,}"

// TooMuch names what a text for the owner says in too many words or in unusual
// ones; tests hold the catalogue and the help of all commands by it.
func TooMuch(text string) []string {
	var flaws []string
	for _, sentence := range regexp.MustCompile(sentenceEnd).Split(text, -1) {
		words := strings.Fields(sentence)
		if len(words) > mostWords {
			flaws = append(flaws, fmt.Sprintf("%d words in %q", len(words), strings.Join(words, " ")))
		}
		for _, word := range words {
			if usual := unusual[strings.ToLower(strings.Trim(word, ".,;:!?()`"))]; usual != "" {
				flaws = append(flaws, fmt.Sprintf("%q, where %q is usual", word, usual))
			}
		}
	}
	return flaws
}
