package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"cairn/internal/document"
	"cairn/internal/engine"
	"cairn/internal/problem"
)

// format is how results are written.
type format string

const (
	formatText   format = "text"
	formatJSON   format = "json"
	formatNDJSON format = "ndjson"
)

// Set implements pflag.Value.
func (f *format) Set(text string) error {
	switch format(text) {
	case formatText, formatJSON, formatNDJSON:
		*f = format(text)
		return nil
	}
	return errors.New("must be text, json or ndjson")
}

// String implements pflag.Value.
func (f *format) String() string { return string(*f) }

// Type implements pflag.Value.
func (f *format) Type() string { return "format" }

// screen is where a command shows things. It is safe for concurrent use.
type screen struct {
	streams    Streams
	format     format
	colour     bool   // stdout is a terminal that may show colour
	colourTalk bool   // stderr is one
	fit        fitter // how stdout shows text
	fitTalk    fitter // how stderr does
	begun      time.Time

	mu       sync.Mutex
	underWay openWork
	steps    steps
	live     bool      // stderr is a terminal that can show lines which are redrawn
	drawn    int       // how many of them stand there now
	spoken   time.Time // when progress was last shown
	until    time.Time // about when the command will have ended; zero where nothing is known

	ended <-chan struct{} // closed when a signal ends the command; nil: never
}

func newScreen(streams Streams) *screen {
	now := time.Now()
	return &screen{
		streams: streams, format: formatText, begun: now, spoken: now,
		live: isTerminal(streams.Err) && os.Getenv("TERM") != "dumb",

		colour: showsColour(streams.Out), colourTalk: showsColour(streams.Err), fit: fitFor(streams.Out), fitTalk: fitFor(streams.Err),
	}
}

// showsColour respects the owner's wish about colour (no-color.org).
func showsColour(stream any) bool {
	return isTerminal(stream) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// say writes a line of talk.
func (s *screen) say(text string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clearLive()
	_, _ = io.WriteString(s.streams.Err, s.fitTalk.show(fmt.Sprintf(text+"\n", args...)))
}

// result shows a command's result: as text by the function given, or as JSON.
func (s *screen) result(value any, text func(io.Writer)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLive()
	switch s.format {
	case formatJSON:
		return writeJSON(s.streams.Out, value, "  ")
	case formatNDJSON:
		return writeLine(s.streams.Out, resultLine{Result: value, Format: jsonVersion, Type: "result"})
	}
	var out strings.Builder
	text(&out)
	_, err := io.WriteString(s.streams.Out, s.fit.show(out.String()))
	return err
}

// progress shows an event as it happens.
func (s *screen) progress(event engine.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.format == formatNDJSON {
		_ = writeJSON(s.streams.Out, event, "")
		return
	}
	if event.Type == engine.EventTimeLeft {
		s.until = event.At.Add(event.Left)
	}
	s.underWay.take(event)
	if due := s.steps.take(event); due != nil && !s.live {
		s.line(event.At, "… at "+due.text())
	}
	if line := eventLine(event); line != "" {
		s.line(event.At, line)
	}
}

// failure is a problem as JSON.
type failure struct {
	Type    string          `json:"type"`
	Code    problem.Code    `json:"code,omitempty"`
	Where   string          `json:"where,omitempty"`
	Format  int             `json:"format"` // the version of these formats
	Summary string          `json:"summary"`
	Cause   string          `json:"cause,omitempty"`
	Fix     string          `json:"fix,omitempty"`
	Faults  document.Faults `json:"faults,omitempty"` // of a lab file or a roadmap, one by one
	Exit    int             `json:"exit"`
	Others  []failure       `json:"others,omitempty"` // what else went wrong, at other hosts
}

// fail shows why the command ends without success.
func (s *screen) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLive()
	all := failures(err)
	if s.format != formatText {
		all[0].Others = all[1:]
		_ = writeLine(s.streams.Out, all[0])
		return
	}
	for _, f := range all[:min(len(all), maxCauses)] {
		s.writeFailure(f)
	}
	if more := len(all) - maxCauses; more > 0 {
		fmt.Fprintf(s.streams.Err, "\nand %d more errors of other hosts\n", more)
	}
}

func (s *screen) writeFailure(f failure) {
	w := &strings.Builder{}
	defer func() { _, _ = io.WriteString(s.streams.Err, s.fitTalk.show(w.String())) }()
	fmt.Fprintf(w, "\n%s %s\n", s.alarm("error:"), joined(f.Where, f.Summary))
	if f.Cause != "" {
		fmt.Fprintf(w, "cause: %s\n", indented(f.Cause, "       "))
	}
	if f.Fix != "" {
		fmt.Fprintf(w, "fix:   %s\n", f.Fix)
	}
	if f.Code != "" {
		fmt.Fprintf(w, "code:  %s (more: cairn explain %s)\n", f.Code, f.Code)
	}
}

// alarm is a word in red, on a terminal that shows colour.
func (s *screen) alarm(word string) string {
	if !s.colourTalk {
		return word
	}
	return "\x1b[1;31m" + word + "\x1b[0m"
}

func describe(err error) failure {
	p := problem.Of(err)
	if p == nil {
		return failure{Type: "error", Format: jsonVersion, Summary: err.Error(), Exit: exitCode(err)}
	}
	f := failure{Type: "error", Format: jsonVersion, Code: p.Code, Where: p.Where, Summary: p.Summary, Fix: p.Remedy(), Exit: exitCode(err)}
	if p.Cause != nil {
		f.Cause = p.Cause.Error()
	}
	_ = errors.As(err, &f.Faults)
	return f
}

func joined(where, summary string) string {
	if where == "" {
		return summary
	}
	return where + ": " + summary
}

func indented(text, by string) string { return strings.ReplaceAll(text, "\n", "\n"+by) }

// exitCode returns the exit code that the catalogue has for the error's code.
func exitCode(err error) int {
	var exit exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	if entry, known := problem.Lookup(problem.CodeOf(err)); known {
		return entry.Exit
	}
	return problem.ExitFailed
}

// exitError ends the program with a code and without a word.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }
