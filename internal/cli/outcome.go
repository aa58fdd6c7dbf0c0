package cli

import (
	"fmt"
	"io"
	"time"

	"cairn/internal/engine"
)

// writeUpText is the end of up: what is true now, host by host if something is not
// well.
func writeUpText(s *screen, w io.Writer, report *engine.UpReport, now time.Time) {
	account := report.Account(now)
	if account.Whole != "" {
		fmt.Fprintln(w, account.Whole)
	}
	for _, alike := range account.Hosts {
		word := outcomeWords[alike.State]
		fmt.Fprintf(w, "  %s %s: %s\n", s.paint(word, mark(word)), list(alike.Hosts), alike.Text)
	}
	if len(report.Causes) > 0 {
		fmt.Fprintln(w, "What is not proven, and why")
		writeCauses(w, s.paint, report.Causes)
	}
	if len(report.Reached) > 0 {
		fmt.Fprintf(w, "Milestones reached: %s.\n", list(report.Reached))
	}
	if report.Consent {
		fmt.Fprintln(w, "Next: cairn status")
	}
}

// outcomeWords map what became of a host to a word with the right mark and colour.
var outcomeWords = map[engine.HostState]string{
	engine.HostAsDeclared: "proven", engine.HostChanged: "proven", engine.HostStuck: "refuted", engine.HostFailed: "refuted",
	engine.HostPutBack: "refuted", engine.HostRefused: "refuted", engine.HostWaiting: "active",
}
