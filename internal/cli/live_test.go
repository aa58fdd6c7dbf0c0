package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/wire"
)

// TestALongStepIsSeen has a step report its progress every second for a minute,
// while another host goes on. Without a terminal, that is a line every 30 s.
func TestALongStepIsSeen(t *testing.T) {
	var shown bytes.Buffer
	s := newScreen(Streams{Err: &shown})
	at := func(second int) time.Time { return s.begun.Add(time.Duration(second) * time.Second) }
	event := func(second int, typ wire.EventType, host, step, text string) {
		s.progress(engine.Event{At: at(second), Type: string(typ), Host: host, Step: step, Text: text})
	}
	event(0, wire.StepIntent, "atlas", "packages sudo", "")
	for second := 1; second < 62; second++ {
		event(second, wire.StepProgress, "atlas", "packages sudo", "34 % installed, at sudo")
	}
	if got := strings.Count(shown.String(), "… at atlas packages sudo: 34 % installed, at sudo"); got != 2 || strings.Count(shown.String(), "\n") != 2 {
		t.Errorf("in a minute it was told of %d times: %q", got, shown.String())
	}
	shown.Reset()
	s.beat(at(90))
	if got := shown.String(); got != "  90.0s  … still at work: atlas packages sudo: 34 % installed, at sudo\n" {
		t.Errorf("after silence: %q", got)
	}
	shown.Reset()
	event(91, wire.StepUnchanged, "atlas", "packages sudo", "")
	event(92, wire.StepProgress, "atlas", "packages sudo", "99 %")
	if s.beat(at(200)); shown.Len() > 0 {
		t.Errorf("the step has ended, and yet: %q", shown.String())
	}
}

// TestLiveLines has two hosts at work on a terminal. Each has one line, which is
// redrawn and makes room for other output.
func TestLiveLines(t *testing.T) {
	var shown bytes.Buffer
	s := newScreen(Streams{Err: &shown})
	s.live, s.fitTalk = true, fitter{width: 50}
	at := func(second int) time.Time { return s.begun.Add(time.Duration(second) * time.Second) }
	for _, e := range []engine.Event{
		{At: at(0), Type: string(wire.StepIntent), Host: "atlas", Step: "packages sudo"},
		{At: at(1), Type: string(wire.StepIntent), Host: "borg", Step: "file /etc/motd"},
		{At: at(2), Type: string(wire.StepProgress), Host: "atlas", Step: "packages sudo", Text: "34 % installed, at a package with a long name"},
	} {
		s.progress(e)
	}
	const lines = "…    3.0s  atlas packages sudo: 34 % installed, a\n…    2.0s  borg file /etc/motd\n"
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { s.beat(at(3)) }, lines},
		{func() { s.beat(at(3)) }, "\x1b[2F\x1b[J" + lines},
		{func() { s.say("a word") }, "\x1b[2F\x1b[Ja word\n"},
		{func() { s.line(at(3), "news") }, "   3.0s  news\n" + lines},
		{func() { s.steps = nil; s.beat(at(4)) }, "\x1b[2F\x1b[J"},
	} {
		shown.Reset()
		c.do()
		if got := shown.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestContentsOnTheirWayAreSeen checks that contents are shown until the host has
// them all, and no longer.
func TestContentsOnTheirWayAreSeen(t *testing.T) {
	var shown bytes.Buffer
	s := newScreen(Streams{Err: &shown})
	s.live, s.fitTalk = true, fitter{width: 60}
	for second, typ := range []string{engine.EventSending, engine.EventSending, engine.EventSent} {
		at := s.begun.Add(time.Duration(second) * time.Second)
		s.progress(engine.Event{At: at, Type: typ, Host: "atlas", Step: "contents", Text: "34 of 200 MiB sent"})
		shown.Reset()
		s.beat(at)
		line := fmt.Sprintf("…    %d.0s  atlas contents: 34 of 200 MiB sent\n", second)
		if got := shown.String(); strings.HasSuffix(got, line) != (typ == engine.EventSending) {
			t.Errorf("after %d s: %q", second, got)
		}
	}
	if len(s.underWay) > 0 || len(s.steps) > 0 {
		t.Errorf("still under way: %q, %+v", s.underWay, s.steps)
	}
}

// TestTimeLeft checks the time below the hosts' lines. It counts down until the
// command has ended, as exactly as it is known.
func TestTimeLeft(t *testing.T) {
	var shown bytes.Buffer
	s := newScreen(Streams{Err: &shown, Out: &bytes.Buffer{}})
	s.live = true
	at := func(second int) time.Time { return s.begun.Add(time.Duration(second) * time.Second) }
	s.progress(engine.Event{At: at(0), Type: string(wire.StepIntent), Host: "atlas", Step: "packages sudo"})
	if s.beat(at(1)); strings.Contains(shown.String(), "left") {
		t.Errorf("nothing is known, and yet: %q", shown.String())
	}
	s.progress(engine.Event{At: at(1), Type: engine.EventTimeLeft, Left: 130 * time.Second})
	for _, c := range []struct {
		second int
		want   string
	}{
		{2, "\x1b[1F\x1b[J…    2.0s  atlas packages sudo\n… about 2 min left\n"},
		{50, "\x1b[2F\x1b[J…   50.0s  atlas packages sudo\n… about 1 min left\n"},
		{90, "\x1b[2F\x1b[J…   90.0s  atlas packages sudo\n… less than a minute left\n"},
		{125, "\x1b[2F\x1b[J…  125.0s  atlas packages sudo\n"}, // it takes longer than it did
	} {
		shown.Reset()
		if s.beat(at(c.second)); shown.String() != c.want {
			t.Errorf("after %d s: %q, want %q", c.second, shown.String(), c.want)
		}
	}
	s.progress(engine.Event{At: at(126), Type: engine.EventTimeLeft, Left: time.Hour})
	if err := s.result("done", func(io.Writer) {}); err != nil {
		t.Error(err)
	}
	shown.Reset()
	if s.beat(at(130)); shown.Len() > 0 {
		t.Errorf("after the end: %q", shown.String())
	}
}

// TestALongLookIsSeen checks that a look is shown beside the host's own step until
// it is done.
func TestALongLookIsSeen(t *testing.T) {
	var shown bytes.Buffer
	s := newScreen(Streams{Err: &shown})
	s.live = true
	at := func(second int) time.Time { return s.begun.Add(time.Duration(second) * time.Second) }
	scan := engine.Event{Probe: "port-scan-ipv4", Host: "atlas", Vantage: "visitor"}
	told := func(second int, typ, text string) {
		e := scan
		e.At, e.Type, e.Text = at(second), typ, text
		s.progress(e)
	}
	told(0, engine.EventLooking, "")
	s.progress(engine.Event{At: at(0), Type: string(wire.StepIntent), Host: "atlas", Step: "file /a"})
	told(1, engine.EventLookFar, "scanning ports: 9 %")
	told(2, engine.EventLookFar, "scanning ports: 43 %")
	s.beat(at(3))
	if want := "…    3.0s  atlas file /a\n…    2.0s  port-scan-ipv4 on atlas from visitor: scanning ports: 43 %\n"; !strings.HasSuffix(shown.String(), want) {
		t.Errorf("%q, want %q", shown.String(), want)
	}
	told(4, engine.EventLook, "")
	shown.Reset()
	if s.beat(at(5)); strings.Contains(shown.String(), "scanning") || !strings.Contains(shown.String(), "file /a") {
		t.Errorf("after it: %q", shown.String())
	}
}
