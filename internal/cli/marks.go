package cli

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/resource"
)

// mark returns the sign for an outcome, a standing or a state. The word always
// stands beside it.
func mark(word string) string {
	switch word {
	case string(evidence.Proven), string(evidence.Holds), "completed":
		return "●"
	case string(evidence.Refuted), string(evidence.Lost), "failed":
		return "✗"
	case string(evidence.Stale), string(evidence.Waived):
		return "◌"
	case "active", "enabled":
		return "◐"
	}
	return "○"
}

// colours of the same words, as SGR codes of ECMA-48.
var colours = map[string]string{
	string(evidence.Proven): "32", string(evidence.Holds): "32", "completed": "32",
	string(evidence.Refuted): "31", string(evidence.Lost): "31", "failed": "31",
	string(resource.Added): "32", string(resource.Changed): "33", string(resource.Removed): "31",
	string(evidence.Stale): "90", string(evidence.Unproven): "33", string(evidence.Waived): "36",
}

// painter colours text by a word, where there is colour.
type painter func(word, text string) string

// paint colours what goes to stdout, on a terminal that shows colour.
func (s *screen) paint(word, text string) string { return painted(s.colour, word, text) }

// paintTalk colours what goes to stderr.
func (s *screen) paintTalk(word, text string) string { return painted(s.colourTalk, word, text) }

func painted(colour bool, word, text string) string {
	code, known := colours[word]
	if !colour || !known {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// hours is an estimate's range for people.
func hours(least, most time.Duration) string {
	if most == 0 {
		return ""
	}
	if least == most {
		return "about " + span(most)
	}
	return span(least) + " to " + span(most)
}

// span is a duration in the largest unit that tells enough.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Round(24*time.Hour)/(24*time.Hour)))
	case d >= time.Hour:
		return fmt.Sprintf("%.3gh", d.Hours())
	case d >= time.Minute:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute)/time.Minute))
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}

// sortedKeys are a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
