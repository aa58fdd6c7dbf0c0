package agent

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// runBed is an agent whose host is a scratch tree in which /file is no directory, so
// that nothing below it can be brought about.
type runBed struct {
	*Agent
	t *testing.T
}

func newRunBed(t *testing.T) *runBed {
	t.Helper()
	root := t.TempDir()
	b := &runBed{&Agent{System: &system.System{Root: root, Runner: deaf{}}, State: t.TempDir(), Now: time.Now}, t}
	if err := os.WriteFile(filepath.Join(root, "file"), []byte("no directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// deaf runs no program.
type deaf struct{}

func (deaf) Run(context.Context, system.Command) (system.Output, error) {
	return system.Output{}, nil
}

func (b *runBed) file(path, task string, after ...string) wire.Step {
	b.t.Helper()
	spec, err := resource.Encode(resource.File{Path: path, Content: []byte("x"), Mode: 0o600})
	if err != nil {
		b.t.Fatal(err)
	}
	return wire.Step{ID: path, Task: task, Resource: spec, After: after}
}

// carryOut runs a run and returns its events after the first that were there.
func (b *runBed) carryOut(run wire.Run, already ...wire.Event) []wire.Event {
	b.t.Helper()
	run.ID = "r1"
	dir := filepath.Join(b.State, "runs", "r1")
	body, err := wire.Encode(run)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = system.ReplaceFile(filepath.Join(dir, planFile), body, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	log := opened(b.t, dir)
	for _, e := range already {
		if _, err := log.Append(e); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		b.t.Fatal(err)
	}
	if err := b.Run(b.t.Context(), "r1"); err != nil {
		b.t.Fatal(err)
	}
	log = opened(b.t, dir)
	defer func() { _ = log.Close() }()
	var events []wire.Event
	if _, err := readEvents(log.file, 0, func(e wire.Event) error { events = append(events, e); return nil }); err != nil {
		b.t.Fatal(err)
	}
	return events[len(already):]
}

// said are the events in a few words each, without intents.
func said(events []wire.Event) []string {
	var all []string
	for _, e := range events {
		if e.Type != wire.StepIntent {
			all = append(all, strings.TrimSpace(strings.Join([]string{string(e.Type), e.Step, e.Guard, e.Detail}, " ")))
		}
	}
	return all
}

// TestAFailedStepEndsWhatDependsOnIt: what depends on a step that failed, or on its
// task, is skipped and says since what, also over several; the rest is done.
func TestAFailedStepEndsWhatDependsOnIt(t *testing.T) {
	b := newRunBed(t)
	run := wire.Run{
		Steps: []wire.Step{
			b.file("/before", "one"), b.file("/file/fails", "one"), b.file("/needs", "one", "/file/fails"), b.file("/needs-that", "one", "/needs"),
			b.file("/alone", "one"), b.file("/next-task", "two", "one"), b.file("/last", "three", "/alone"),
		},
		Guards: []wire.Guard{{ID: "gate", After: []string{"two"}, Steps: []wire.Step{b.file("/guarded", "two")}}},
	}
	events := b.carryOut(run)
	want := []string{
		"run.started", "step.applied /before", "step.failed /file/fails", "step.skipped /needs  since /file/fails failed",
		"step.skipped /needs-that  since /file/fails failed", "step.applied /alone", "step.skipped /next-task  since /file/fails failed",
		"step.applied /last", "guard.skipped  gate since /file/fails failed", "run.failed",
	}
	if got := said(events); !slices.Equal(got, want) {
		t.Errorf("it told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f := events[len(events)-1].Failure; f == nil || !strings.Contains(f.Summary, "/file/fails") {
		t.Errorf("the run failed of %+v", f)
	}
}

// TestAFailureIsRemembered: a process that takes a run up after one that died does not
// try again what has failed, and still skips what depends on it.
func TestAFailureIsRemembered(t *testing.T) {
	b := newRunBed(t)
	run := wire.Run{Steps: []wire.Step{b.file("/fails", "one"), b.file("/needs", "one", "/fails"), b.file("/alone", "one")}}
	failure := &wire.Failure{Code: "resource.failed", Summary: "/fails could not be brought about", Cause: "a full moon"}
	events := b.carryOut(run, wire.Event{Type: wire.RunStarted}, wire.Event{Type: wire.StepFailed, Step: "/fails", Task: "one", Failure: failure})
	if got, want := said(events), []string{"step.skipped /needs  since /fails failed", "step.applied /alone", "run.failed"}; !slices.Equal(got, want) {
		t.Errorf("it told %q, want %q", got, want)
	}
	if got := events[len(events)-1].Failure; got == nil || *got != *failure {
		t.Errorf("the run failed of %+v", got)
	}
}
