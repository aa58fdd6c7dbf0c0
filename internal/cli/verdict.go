package cli

import (
	"fmt"
	"io"

	"cairn/internal/evidence"
)

// writeVerdict shows what a look is worth now, with at most so many of its values.
func writeVerdict(s *screen, w io.Writer, v evidence.Verdict, most int) {
	if v.Record == nil || v.Outcome == evidence.Waived {
		fmt.Fprintf(w, "    %s %s  %s\n        %s\n", s.paint(string(v.Outcome), mark(string(v.Outcome))), v.Outcome, v.Look, v.Reason)
		return
	}
	record := *v.Record
	record.Outcome, record.Reason = v.Outcome, v.Reason
	writeRecord(s, w, record, "    ", most)
}
