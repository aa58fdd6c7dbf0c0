package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"cairn/internal/engine"
	"cairn/internal/rehearse"
	"cairn/internal/wire"
)

// longestSilence is the longest time without a word to the person while work is
// going on.
const longestSilence = 10 * time.Second

// openWork is what has begun and not ended yet, in order of its beginning.
type openWork []string

// take learns from an event what began or ended.
func (u *openWork) take(e engine.Event) {
	u.end(rehearsing)
	switch e.Type {
	case engine.EventConnecting:
		u.begin(words(e.Host, "connecting"))
	case engine.EventConnected, engine.EventLost:
		u.end(words(e.Host, "connecting"))
	case string(wire.StepIntent), engine.EventSending:
		u.begin(words(e.Host, e.Step))
	case string(wire.StepApplied), string(wire.StepUnchanged), string(wire.StepFailed), engine.EventSent:
		u.end(words(e.Host, e.Step))
	case engine.EventLooking:
		u.begin(e.LookName())
	case engine.EventLook:
		u.end(e.LookName())
	case rehearse.EventRehearsal:
		u.begin(rehearsing)
	}
}

// rehearsing is under way between two events of the throw-away hosts themselves.
const rehearsing = "the step above"

func (u *openWork) begin(what string) {
	u.end(what)
	*u = append(*u, what)
}

func (u *openWork) end(what string) {
	*u = slices.DeleteFunc(*u, func(s string) bool { return s == what })
}

// heartbeat says what is going on whenever nothing was shown for a while, until
// stop is called.
func (s *screen) heartbeat() (stop func()) {
	ticker := time.NewTicker(time.Second)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				s.beat(now)
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		<-ended
	}
}

func (s *screen) beat(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.format == formatNDJSON {
		return
	}
	if s.live && (len(s.steps) > 0 || s.drawn > 0 || leftText(s.until.Sub(now)) != "") {
		s.drawLive(now)
		return
	}
	if len(s.underWay) == 0 || now.Sub(s.spoken) < longestSilence {
		return
	}
	var all []string
	for _, what := range s.underWay {
		all = append(all, s.steps.far(what))
	}
	s.line(now, "… still at work: "+strings.Join(all, ", "))
}

// line writes a line of progress with the time since the command began.
func (s *screen) line(now time.Time, text string) {
	s.spoken = now
	s.clearLive()
	defer s.drawLive(now)
	_, _ = io.WriteString(s.streams.Err, s.fitTalk.show(fmt.Sprintf("%6.1fs  %s\n", now.Sub(s.begun).Seconds(), text)))
}
