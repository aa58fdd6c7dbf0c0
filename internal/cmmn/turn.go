package cmmn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Author says who a turn is by, and when. All of it is optional.
type Author struct {
	// At is the time. Timers due by then occur first. A time before that of the
	// last turn counts as the time of the last turn.
	At       time.Time
	By       string
	Why      string
	Evidence []string
}

// SpinError reports that a turn did not come to rest within its budget of
// operations. The turn was undone and the case has failed.
type SpinError struct {
	Culprits []string // the items that changed most, with what they are
}

// Error implements error.
func (e *SpinError) Error() string {
	return "the case does not come to rest: " + strings.Join(e.Culprits, " and ") + " set each other off without end; the case has failed"
}

// errBudget ends a turn that has used up its budget.
var errBudget = errors.New("operation budget used up")

// Start creates a case. The turn it returns is the first of the case's journal.
func (p *Program) Start(a Author) (*Case, Turn, error) {
	c := newCase(p)
	turn, err := c.Execute(start{}, a)
	return c, turn, err
}

// start is the command that begins a case.
type start struct{}

func (start) String() string { return "start" }

func (start) run(t *turn) error {
	t.move(t.c.root(), Create, nil)
	return nil
}

// Execute carries out a command, with everything that follows from it, as one
// turn. On an error nothing is changed and the turn is empty. The exception is
// a [*SpinError], whose turn makes the case fail.
func (c *Case) Execute(command Command, a Author) (Turn, error) {
	t := newTurn(c)
	err := t.execute(command, a.At)
	if err == nil {
		return t.sealed(command, a), nil
	}
	culprits := t.culprits()
	t.takeBack()
	if !errors.Is(err, errBudget) {
		return Turn{}, err
	}
	failing := newTurn(c)
	failing.fail()
	spin := &SpinError{culprits}
	a.Why = spin.Error()
	return failing.sealed(command, a), spin
}

// turn is a command that is being carried out.
type turn struct {
	c       *Case
	effects []Effect
	undo    []func()
	queue   []operation
	due     []*instance // stages to check for completion when the queue is empty
	touched []momentary // memories to forget at the end
	steps   int
	work    map[*node]int // changes of each item, to name culprits
}

// operation is a piece of work that waits for its turn.
type operation func()

// momentary is the memory of a memoryless sentry.
type momentary struct {
	at   *instance
	gate *gate
}

func newTurn(c *Case) *turn { return &turn{c: c, work: map[*node]int{}} }

func (t *turn) execute(command Command, at time.Time) error {
	if err := t.passTime(at); err != nil {
		return err
	}
	if err := command.run(t); err != nil {
		return err
	}
	if err := t.settle(); err != nil {
		return err
	}
	// The command may have set timers whose time has passed already.
	return t.passTime(t.c.now)
}

func (t *turn) sealed(command Command, a Author) Turn {
	return Turn{At: t.c.now, By: a.By, Why: a.Why, Evidence: a.Evidence, Command: command.String(), Effects: t.effects}
}

// budget is the most operations of a turn. It is enough for every item to go
// through its whole life several times, and for repetitions.
func (t *turn) budget() int { return 10_000 + 50*len(t.c.program.nodes) }

// settle carries out what is queued until nothing more happens: first all work
// in order, then the completion of stages, the deepest first.
func (t *turn) settle() error {
	for {
		for len(t.queue) > 0 {
			if t.steps++; t.steps > t.budget() {
				return errBudget
			}
			next := t.queue[0]
			t.queue = t.queue[1:]
			next()
		}
		stage := t.deepestDue()
		if stage == nil {
			t.forgetTouched()
			return nil
		}
		t.completeIfDone(stage)
	}
}

func (t *turn) later(o operation) { t.queue = append(t.queue, o) }

// deepestDue takes the deepest stage out of those to check. Of equally deep
// stages it takes the one added first.
func (t *turn) deepestDue() *instance {
	if len(t.due) == 0 {
		return nil
	}
	deepest := 0
	for i, stage := range t.due {
		if stage.node.depth > t.due[deepest].node.depth {
			deepest = i
		}
	}
	stage := t.due[deepest]
	t.due = slices.Delete(t.due, deepest, deepest+1)
	return stage
}

// recheck queues a stage for a check of its completion.
func (t *turn) recheck(stage *instance) {
	if stage != nil && !slices.Contains(t.due, stage) {
		t.due = append(t.due, stage)
	}
}

// emit carries out an effect. A turn makes only effects that fit the case, so
// one that does not fit is a bug in this package.
func (t *turn) emit(e Effect) {
	undo, err := t.c.apply(e)
	if err != nil {
		panic(fmt.Sprintf("cmmn: effect %+v: %v", e, err))
	}
	t.effects = append(t.effects, e)
	t.undo = append(t.undo, undo)
}

func (t *turn) takeBack() {
	for _, undo := range slices.Backward(t.undo) {
		undo()
	}
}

// fail makes the case fail, and nothing else. A case that does not exist yet is
// created first.
func (t *turn) fail() {
	root := t.c.root()
	if root.state == Null {
		t.emit(Effect{Op: OpMove, Transition: Create, From: Null, To: Active})
	}
	t.emit(Effect{Op: OpMove, Transition: Fault, From: root.state, To: Failed})
}

func (t *turn) forgetTouched() {
	for _, m := range t.touched {
		if m.at.remembers(m.gate) != nil {
			t.forget(m.at, m.gate)
		}
	}
	t.touched = nil
}

// culprits returns the items that changed most in the turn, at most two.
func (t *turn) culprits() []string {
	most := make([]*node, 0, len(t.work))
	for n := range t.work {
		most = append(most, n)
	}
	slices.SortFunc(most, func(a, b *node) int {
		if t.work[a] != t.work[b] {
			return t.work[b] - t.work[a]
		}
		return a.number - b.number
	})
	var names []string
	for i, n := range most {
		// The second belongs to the circle only if it changes about as often.
		if i == 2 || i > 0 && t.work[n]*4 < t.work[most[0]] {
			break
		}
		names = append(names, n.def.Kind.String()+" "+quoted(n.title))
	}
	return names
}
