package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// runBed is an agent whose host is a scratch tree. /file is no directory there, so
// everything below it fails.
type runBed struct {
	*Agent
	t    *testing.T
	lost bool // the plan went with the memory of the host
}

func newRunBed(t *testing.T) *runBed {
	t.Helper()
	root := t.TempDir()
	b := &runBed{Agent: &Agent{System: &system.System{Root: root, Runner: deafRunner{}}, State: t.TempDir(), Work: t.TempDir(), Now: time.Now}, t: t}
	if err := os.WriteFile(filepath.Join(root, "file"), []byte("no directory"), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// deafRunner runs no program.
type deafRunner struct{}

func (deafRunner) Run(context.Context, system.Command) (system.Output, error) {
	return system.Output{}, nil
}

func (b *runBed) file(path, task string, after ...string) wire.Step {
	b.t.Helper()
	spec, err := resource.Encode(resource.File{Path: path, Content: resource.Inline("x"), Mode: 0o600})
	if err != nil {
		b.t.Fatal(err)
	}
	return wire.Step{ID: path, Task: task, Resource: spec, After: after}
}

// carryOut carries a run out. It returns the events after those that were there
// before.
func (b *runBed) carryOut(run wire.Run, already ...wire.Event) []wire.Event {
	b.t.Helper()
	run.ID = "r1"
	dir := filepath.Join(b.State, "runs", "r1")
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = b.writeRun(dir, run)
	}
	if err == nil && b.lost {
		err = os.RemoveAll(b.Work)
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

// said returns the events in a few words each, without intents.
func said(events []wire.Event) []string {
	var all []string
	for _, e := range events {
		if e.Type != wire.StepIntent {
			all = append(all, strings.TrimSpace(strings.Join([]string{string(e.Type), e.Step, e.Guard, e.Detail}, " ")))
		}
	}
	return all
}

// TestAFailedStepEndsWhatDependsOnIt checks which steps are skipped. They are
// those that depend on a failed step or on its task, also by way of others. Each
// names the failed step, and the rest is done.
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
		t.Errorf("the events are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if f := events[len(events)-1].Failure; f == nil || !strings.Contains(f.Summary, "/file/fails") {
		t.Errorf("the run failed of %+v", f)
	}
}

// TestAFailureIsRemembered has one process take up another's run after a failure
// and its death. The new process does not try the failed step again. It still
// skips what depends on it.
func TestAFailureIsRemembered(t *testing.T) {
	b := newRunBed(t)
	run := wire.Run{Steps: []wire.Step{b.file("/fails", "one"), b.file("/needs", "one", "/fails"), b.file("/alone", "one")}}
	failure := &wire.Failure{Code: "resource.failed", Summary: "/fails could not be set up", Cause: "a full moon"}
	events := b.carryOut(run, wire.Event{Type: wire.RunStarted}, wire.Event{Type: wire.StepFailed, Step: "/fails", Task: "one", Failure: failure})
	if got, want := said(events), []string{"step.skipped /needs  since /fails failed", "step.applied /alone", "run.failed"}; !slices.Equal(got, want) {
		t.Errorf("the events are %q, want %q", got, want)
	}
	if got := events[len(events)-1].Failure; got == nil || *got != *failure {
		t.Errorf("the run failed of %+v", got)
	}
}

// TestARunWhoseContentsAreLost restarts the host. The host still knows a run's
// steps by name and how they ended. What is left to do cannot be done, and what
// depends on it is skipped. Earlier failures stay the reason for the run's
// failure.
func TestARunWhoseContentsAreLost(t *testing.T) {
	started, applied := wire.Event{Type: wire.RunStarted}, wire.Event{Type: wire.StepApplied, Step: "/done", Task: "one"}
	failure := &wire.Failure{Code: "resource.failed", Summary: "/fails could not be set up"}
	failed := wire.Event{Type: wire.StepFailed, Step: "/fails", Task: "one", Failure: failure}
	for name, c := range map[string]struct {
		steps   []string
		guards  []wire.Guard
		already []wire.Event
		want    []string
		reason  string
	}{
		"nothing is left to do": {steps: []string{"/done"}, already: []wire.Event{started, applied}, want: []string{"run.done"}},
		"nothing but a failure": {steps: []string{"/done", "/fails"}, already: []wire.Event{started, applied, failed}, want: []string{"run.failed"}, reason: failure.Summary},
		"a step is left":        {steps: []string{"/done", "/left"}, already: []wire.Event{started, applied}, want: []string{"run.failed"}, reason: "restarted"},
		"nothing was begun":     {steps: []string{"/left"}, want: []string{"run.failed"}, reason: "restarted"},
		"a guard is left": {
			steps: []string{"/done"}, already: []wire.Event{started, applied}, reason: "restarted",
			guards: []wire.Guard{{ID: "first", Steps: []wire.Step{{ID: "/a", Task: "two"}}}, {ID: "second", After: []string{"two"}, Steps: []wire.Step{{ID: "/b", Task: "three"}}}},
			want:   []string{"guard.skipped  second since guard first failed", "run.failed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRunBed(t)
			b.lost = true
			run := wire.Run{Guards: c.guards}
			for _, path := range c.steps {
				run.Steps = append(run.Steps, b.file(path, "one"))
			}
			events := b.carryOut(run, c.already...)
			if got := said(events); !slices.Equal(got, c.want) {
				t.Errorf("the events are %q, want %q", got, c.want)
			}
			if f := events[len(events)-1].Failure; (f == nil) != (c.reason == "") || f != nil && !strings.Contains(f.Summary, c.reason) {
				t.Errorf("the run failed of %+v", f)
			}
		})
	}
}

// TestAContentThatIsNotThere ends the step that needs the content and all that
// depends on it.
func TestAContentThatIsNotThere(t *testing.T) {
	b := newRunBed(t)
	long, err := resource.Encode(resource.File{Path: "/long", Content: resource.Inline(strings.Repeat("x", 100_000)), Mode: 0o600})
	if err != nil {
		t.Fatal(err)
	}
	run := wire.Run{Steps: []wire.Step{{ID: "/long", Task: "one", Resource: long}, b.file("/needs", "two", "/long"), b.file("/alone", "three")}}
	want := []string{"run.started", "step.failed /long", "step.skipped /needs  since /long failed", "step.applied /alone", "run.failed"}
	if got := said(b.carryOut(run)); !slices.Equal(got, want) {
		t.Errorf("the events are %q, want %q", got, want)
	}
}

// TestContentsAreNoiseWithoutTheirKey checks that the disk has only encrypted
// contents. Once the host's memory is gone, they are useless, and are erased.
func TestContentsAreNoiseWithoutTheirKey(t *testing.T) {
	b := newRunBed(t)
	c, err := b.contentsOf("r1")
	if err != nil {
		t.Fatal(err)
	}
	planted := []byte(strings.Repeat("planted ", 10_000))
	name := resource.Inline(planted).Name()
	bring := func() {
		t.Helper()
		missing, err := c.missing([]resource.ContentName{name, name})
		if err != nil || len(missing) != 1 {
			t.Fatalf("missing are %v, %v", missing, err)
		}
		if err := c.take(bytes.NewReader(planted), name); err != nil {
			t.Fatal(err)
		}
		if missing, err := c.missing([]resource.ContentName{name}); err != nil || len(missing) != 0 {
			t.Fatalf("still missing are %v, %v", missing, err)
		}
	}
	bring()
	from, err := c.source(name)()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(from); err != nil || !bytes.Equal(got, planted) {
		t.Errorf("%d bytes come back, %v", len(got), err)
	}
	_ = from.Close()
	files, _ := filepath.Glob(filepath.Join(c.dir, "*"))
	for _, path := range files {
		if body, err := os.ReadFile(path); err != nil || len(body) != len(planted) || bytes.Contains(body, []byte("planted")) || strings.Contains(path, fmt.Sprintf("%x", name.Sum[:8])) {
			t.Errorf("%s has %d bytes of the content itself, %v", path, len(body), err)
		}
	}
	if err := os.RemoveAll(b.Work); err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	bring()
	if err := os.RemoveAll(b.Work); err != nil {
		t.Fatal(err)
	}
	if err := b.eraseLeftovers(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
		t.Errorf("contents are left: %v", err)
	}
}
