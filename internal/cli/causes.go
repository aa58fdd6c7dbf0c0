package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"cairn/internal/evidence"
	"cairn/internal/spelling"
)

// writeCauses shows why looks do not count: each cause once, with its remedy and
// the looks that it affects.
func writeCauses(w io.Writer, paint painter, causes []evidence.Cause) {
	for i, c := range causes {
		fmt.Fprintf(w, "  %s %s  %s\n", paint(string(c.Outcome), mark(string(c.Outcome))), c.Outcome, c.Reason)
		fmt.Fprintf(w, "      seen by %s\n", looksText(c.Looks))
		if c.Remedy != "" && (i+1 == len(causes) || causes[i+1].Remedy != c.Remedy) {
			fmt.Fprintf(w, "      what to do: %s\n", c.Remedy)
		}
	}
}

// looksText names one look. For several it says how many they are and where they
// looked.
func looksText(looks []evidence.Look) string {
	if len(looks) == 1 {
		return looks[0].String()
	}
	var hosts, checkpoints []string
	for _, l := range looks {
		hosts, checkpoints = append(hosts, l.Host), append(checkpoints, l.Checkpoint)
	}
	return fmt.Sprintf("%s on %s, for %s", spelling.Count(len(looks), "look"), strings.Join(once(hosts), ", "), strings.Join(once(checkpoints), ", "))
}

func once(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
