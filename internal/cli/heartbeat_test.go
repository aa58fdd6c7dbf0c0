package cli

import (
	"bytes"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/wire"
)

// TestHeartbeat has a long step and a short look. After ten seconds of silence,
// the command names the step that is still running. It repeats that no sooner than
// ten seconds later.
func TestHeartbeat(t *testing.T) {
	var shown bytes.Buffer
	s := newScreen(Streams{Err: &shown})
	begun := s.begun
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	look := engine.Event{At: begun, Type: engine.EventLooking, Probe: "os-release", Host: "atlas", Vantage: "atlas"}
	s.progress(look)
	look.Type = engine.EventLook
	s.progress(look)
	s.progress(engine.Event{At: at(1), Type: string(wire.StepIntent), Host: "atlas", Step: "packages sudo"})
	shown.Reset()
	for _, c := range []struct {
		second int
		want   string
	}{
		{9, ""},
		{10, "  10.0s  … still at work: atlas packages sudo\n"},
		{19, ""},
		{20, "  20.0s  … still at work: atlas packages sudo\n"},
	} {
		s.beat(at(c.second))
		if got := shown.String(); got != c.want {
			t.Errorf("after %d s: %q, want %q", c.second, got, c.want)
		}
		shown.Reset()
	}
	s.progress(engine.Event{At: at(21), Type: string(wire.StepUnchanged), Host: "atlas", Step: "packages sudo"})
	if s.beat(at(60)); shown.Len() > 0 {
		t.Errorf("nothing is under way, and yet: %q", shown.String())
	}
}
