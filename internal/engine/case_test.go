package engine

import (
	"testing"
	"time"

	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// caseBed is a case with a journal of its own, without hosts.
type caseBed struct {
	t   *testing.T
	log *journal.Journal
	e   *Engine
	now time.Time
}

func newCaseBed(t *testing.T) *caseBed {
	t.Helper()
	log, err := journal.Open(t.Context(), t.TempDir()+"/journal.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	b := &caseBed{t: t, log: log, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	b.e = &Engine{view: View{journal: log, roadmap: r, now: func() time.Time { return b.now }}, command: "test"}
	b.resolve(&lab.Lab{})
	return b
}

// resolve lets the engine work on a lab.
func (b *caseBed) resolve(l *lab.Lab) {
	b.e.lab, b.e.resolved = l, resolve.Of(resolve.Inputs{Lab: l, Roadmap: b.e.roadmap})
}

// load reads the case anew for a workflow, as the next program would.
func (b *caseBed) load(w lab.Workflow) *labCase {
	b.t.Helper()
	c, err := loadCase(b.t.Context(), b.log, b.e.roadmap, w)
	if err != nil {
		b.t.Fatal(err)
	}
	b.e.caseState = c
	return c
}

// do fails the test on an error.
func (b *caseBed) do(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// finish proves a task's checkpoints and completes it.
func (b *caseBed) finish(tasks ...string) {
	b.t.Helper()
	for _, id := range tasks {
		task, known := b.e.roadmap.Task(id)
		if !known {
			b.t.Fatalf("no task %s", id)
		}
		values := map[string]any{}
		for _, c := range task.Checkpoints {
			values[roadmap.ValueName(c)] = true
		}
		b.now = b.now.Add(time.Minute)
		b.do(b.e.caseState.set(b.t.Context(), b.e, values))
		b.do(b.e.caseState.complete(b.t.Context(), b.e, id))
	}
}

var foundation = []string{
	"foundation.hardware-assembly", "foundation.firmware", "foundation.operating-system", "foundation.network", "foundation.host-base",
	"foundation.secure-remote-access", "foundation.firewall",
}

func TestCaseGoesOnFromItsJournal(t *testing.T) {
	b := newCaseBed(t)
	b.do(b.load(lab.Hybrid).start(t.Context(), b.e))
	b.finish(foundation[:5]...)
	c := b.load(lab.Hybrid)
	if !c.completed("foundation.host-base") || !c.open("foundation.secure-remote-access") || c.open("foundation.firewall") {
		t.Error("the case is not where it was")
	}
	if reached := c.reachedMilestones()["foundation.host-base-ready"]; !reached.Equal(b.now) {
		t.Errorf("the milestone was reached at %s, want %s", reached, b.now)
	}
	if took := c.took("foundation.host-base"); took != time.Minute {
		t.Errorf("the task took %s", took)
	}
}

func TestWorkflowCanBeSwitchedOnARunningCase(t *testing.T) {
	b := newCaseBed(t)
	b.do(b.load(lab.Waterfall).start(t.Context(), b.e))
	b.finish(foundation[:3]...)
	if c := b.load(lab.Waterfall); c.state("core") != "available" {
		t.Errorf("the second stage is %s in a waterfall", c.state("core"))
	}
	c := b.load(lab.Agile)
	if c.state("core") != "active" {
		t.Errorf("the second stage is %s after the switch", c.state("core"))
	}
	if !c.completed("foundation.operating-system") || c.reachedMilestones()["foundation.host-os-installed"].IsZero() {
		t.Error("history was lost")
	}
	// A look alone writes nothing. Going on writes the switch too.
	before, err := b.log.OfType(t.Context(), typeTurn)
	b.do(err)
	b.finish("foundation.network")
	after, err := b.log.OfType(t.Context(), typeTurn)
	b.do(err)
	if len(after) != len(before)+3 {
		t.Errorf("%d turns were written, want the switch, the values and the completion", len(after)-len(before))
	}
	// A gate that came with the switch counts what occurred before it.
	b.finish(foundation[4:]...)
	if c := b.load(lab.Hybrid); c.state("expansion") != "active" {
		t.Errorf("the third stage is %s after all of the first was done", c.state("expansion"))
	}
}

func TestSwitchingBackOpensTheStageThatIsDue(t *testing.T) {
	b := newCaseBed(t)
	b.do(b.load(lab.Waterfall).start(t.Context(), b.e))
	b.finish(foundation...)
	c := b.load(lab.Waterfall)
	if c.state("foundation") != "completed" || c.state("core") != "active" || c.state("expansion") != "available" {
		t.Errorf("foundation %s, core %s, expansion %s", c.state("foundation"), c.state("core"), c.state("expansion"))
	}
	// In a hybrid, the exit criteria of the first stage open all others at once.
	if c := b.load(lab.Hybrid); c.state("expansion") != "active" {
		t.Errorf("expansion is %s after the switch", c.state("expansion"))
	}
}

func TestWaitsAreSaidInWords(t *testing.T) {
	b := newCaseBed(t)
	c := b.load(lab.Hybrid)
	if waits := c.waitsFor("foundation.firewall"); waits != nil {
		t.Errorf("before the case has begun: %q", waits)
	}
	b.do(c.start(t.Context(), b.e))
	for id, want := range map[string]string{
		"foundation.firewall":         `the milestone "Secure Remote Access Configured"`,
		"foundation.firewall-applied": `the end of "Basic Firewall Setup"`,
		"core":                        `the milestone "Initial Setup: Exit Criteria Met"`,
		"core.container-platform":     `the stage "Core Services"`,
	} {
		if waits := c.waitsFor(id); len(waits) == 0 || waits[0] != want {
			t.Errorf("%s waits for %q, want %q", id, waits, want)
		}
	}
}

func TestWhatIsNotPlannedWaitsForNothing(t *testing.T) {
	b := newCaseBed(t)
	c := b.load(lab.Agile)
	b.do(c.start(t.Context(), b.e))
	if waits := c.waitsFor("improvement.updates"); waits != nil {
		t.Errorf("not planned, it waits for %q", waits)
	}
	plan, err := c.c.FindPlan("improvement.updates", "")
	b.do(err)
	b.do(c.execute(t.Context(), b.e, plan, b.e.author("the test wants it")))
	if waits := c.waitsFor("improvement.updates"); len(waits) != 1 || waits[0] != "the day on which it is due" {
		t.Errorf("planned, it waits for %q", waits)
	}
}
