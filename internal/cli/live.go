package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"cairn/internal/engine"
	"cairn/internal/wire"
)

// longestStep is how long a step may take, beside other output, before a line
// reports its progress.
const longestStep = 30 * time.Second

// activeStep is a host's step, or a long look at the host, that is in progress.
type activeStep struct {
	host, step string
	look       bool
	begun      time.Time
	shown      time.Time // when a line last told how far it is
	far        string    // how far it is
}

// name is the step with its host.
func (s activeStep) name() string {
	if s.look {
		return s.step // which names the host
	}
	return words(s.host, s.step)
}

// text is the step with how far it is.
func (s activeStep) text() string { return s.name() + after(": ", s.far) }

// steps are those in progress, in order of their beginning. A host has one step at
// a time, and looks beside it.
type steps []activeStep

// take learns from an event. It returns the step whose progress should be reported
// in a line of its own.
func (s *steps) take(e engine.Event) (due *activeStep) {
	i := slices.IndexFunc(*s, func(u activeStep) bool { return !u.look && u.host == e.Host })
	switch wire.EventType(e.Type) {
	case wire.StepIntent:
		s.drop(i)
		*s = append(*s, activeStep{host: e.Host, step: e.Step, begun: e.At, shown: e.At})
	case wire.StepApplied, wire.StepUnchanged, wire.StepFailed, wire.RunDone, wire.RunFailed, wire.RunRefused, engine.EventSent:
		s.drop(i)
	case engine.EventSending:
		if i < 0 {
			i, *s = len(*s), append(*s, activeStep{host: e.Host, step: e.Step, begun: e.At, shown: e.At})
		}
		fallthrough
	case wire.StepProgress:
		if i < 0 || (*s)[i].step != e.Step {
			return nil // of a step that has ended since
		}
		return (*s)[i].got(e)
	case engine.EventLookFar:
		return s.looking(e).got(e)
	case engine.EventLook:
		s.drop(slices.IndexFunc(*s, func(u activeStep) bool { return u.look && u.step == e.LookName() }))
	}
	return nil
}

// looking is the look that an event is about.
func (s *steps) looking(e engine.Event) *activeStep {
	name := e.LookName()
	i := slices.IndexFunc(*s, func(u activeStep) bool { return u.look && u.step == name })
	if i < 0 {
		i = len(*s)
		*s = append(*s, activeStep{host: e.Host, step: name, look: true, begun: e.At, shown: e.At})
	}
	return &(*s)[i]
}

// got takes in the progress of a step, and returns the step if a report is due.
func (u *activeStep) got(e engine.Event) (due *activeStep) {
	u.far = e.Text
	if e.At.Sub(u.shown) < longestStep {
		return nil
	}
	u.shown = e.At
	return u
}

func (s *steps) drop(i int) {
	if i >= 0 {
		*s = slices.Delete(*s, i, i+1)
	}
}

// far returns the progress of what is under way, if known.
func (s steps) far(what string) string {
	for _, u := range s {
		if u.name() == what {
			return u.text()
		}
	}
	return what
}

// maxLive bounds how many hosts have a line of their own.
const maxLive = 10

// clearLive removes the live lines, so that something else can be written. The
// caller holds mu.
func (s *screen) clearLive() {
	if s.drawn > 0 {
		// Go up to the first live line and clear everything below (ECMA-48, CPL and ED).
		_, _ = fmt.Fprintf(s.streams.Err, "\x1b[%dF\x1b[J", s.drawn)
		s.drawn = 0
	}
}

// endLive removes the live lines for good when the command has ended. The caller
// holds mu.
func (s *screen) endLive() {
	s.steps, s.underWay, s.until = nil, nil, time.Time{}
	s.clearLive()
}

// drawLive shows one line for each host with a step in progress, and about how
// much time is left. The caller holds mu.
func (s *screen) drawLive(now time.Time) {
	if !s.live {
		return
	}
	s.clearLive()
	var all strings.Builder
	for i, u := range s.steps {
		line := fmt.Sprintf("%6.1fs  %s", now.Sub(u.begun).Seconds(), u.text())
		if i == maxLive {
			line = fmt.Sprintf("         and %d more hosts", len(s.steps)-maxLive)
		}
		all.WriteString(s.fitTalk.cut("… "+line) + "\n")
		s.drawn++
		if i == maxLive {
			break
		}
	}
	if text := leftText(s.until.Sub(now)); text != "" {
		all.WriteString(s.fitTalk.cut("… "+text) + "\n")
		s.drawn++
	}
	_, _ = io.WriteString(s.streams.Err, all.String())
}

// leftText says about how much time is left, no more exactly than is known. It is
// empty if that is unknown or too short to mention.
func leftText(left time.Duration) string {
	switch {
	case left < 15*time.Second:
		return ""
	case left < 50*time.Second:
		return "less than a minute left"
	case left < 90*time.Minute:
		return fmt.Sprintf("about %d min left", max(1, int(left.Round(time.Minute).Minutes())))
	}
	return fmt.Sprintf("about %d h left", int(left.Round(time.Hour).Hours()))
}
