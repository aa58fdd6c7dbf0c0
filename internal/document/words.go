package document

import "strings"

// joined lists words for a sentence.
func joined(words []string) string { return strings.Join(words, ", ") }
