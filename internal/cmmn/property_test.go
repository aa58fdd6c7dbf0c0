package cmmn_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
)

// walk is a random case under random commands.
type walk struct {
	*rapid.T
	model   string
	names   []string
	program *cmmn.Program
	c       *cmmn.Case
	turns   []cmmn.Turn
	before  []cmmn.ItemState
}

// begun starts the case of a model. Models that the compiler refuses, because
// items wait for each other in a circle, are skipped.
func begun(t *rapid.T, model string) *walk {
	m, err := parseModel(model)
	if err != nil {
		t.Fatalf("%v\n%s", err, model)
	}
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{T: t, model: model}
	if w.program, err = cmmn.Compile(m, conditions); err != nil {
		t.Skip(err)
	}
	for _, line := range strings.Split(model, "\n")[1:] {
		w.names = append(w.names, strings.Fields(line)[1])
	}
	c, turn, err := w.program.Start(cmmn.Author{At: epoch})
	w.c = c
	w.took(turn, err)
	return w
}

// took keeps a turn. A case that spins has failed, which is a state like
// others.
func (w *walk) took(turn cmmn.Turn, err error) {
	var spin *cmmn.SpinError
	if err != nil && !errors.As(err, &spin) {
		w.Fatalf("%v", err)
	}
	w.turns = append(w.turns, turn)
}

// TestProperties runs random commands on random models. After each command it
// checks what is true of every case.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := begun(t, drawModel(t))
		for range rapid.IntRange(1, 25).Draw(t, "commands") {
			w.step()
			if t.Failed() {
				t.Fatalf("%s\n%s", w.model, dump(w.c))
			}
		}
		checkReplay(t, w.program, w.c, w.turns)
	})
}

func (w *walk) step() {
	command := drawCommand(w.T, w.c, w.names)
	w.before = w.c.Items()
	before := dump(w.c)
	turn, err := w.c.Execute(command, cmmn.Author{})
	var spin *cmmn.SpinError
	switch {
	case err == nil, errors.As(err, &spin):
		w.turns = append(w.turns, turn)
	case dump(w.c) != before:
		w.Errorf("%v was refused and changed something", command)
	}
	w.checkEnded()
	checkInvariants(w.T, w.c)
	if fault := cmmn.TallyFault(w.c); fault != "" {
		w.Errorf("%s", fault)
	}
	w.checkExplanations()
}

// checkEnded checks that an ended item never changes: a reached milestone stays
// reached.
func (w *walk) checkEnded() {
	now := w.c.Items()
	for n, was := range w.before {
		if was.State.Ended() && now[n] != was {
			w.Errorf("%s had ended: it was %+v and is %+v", was.Path, was, now[n])
		}
	}
}

// checkExplanations compares what Explain says with what the case does. At rest,
// no item with an open way may wait, and no stage may be active that nothing
// blocks.
func (w *walk) checkExplanations() {
	for _, id := range append(slices.Clone(w.names), "case") {
		x, err := w.c.Explain(id)
		if err != nil {
			w.Fatalf("%v", err)
		}
		latest, there := w.c.Latest(id)
		if x.Around != "" || id != "case" && !there || w.c.State() != cmmn.Active {
			continue
		}
		if x.State == cmmn.Available { // and not suspended by a person
			w.checkWays(latest, x.Ways)
		}
		isStage := id == "case" || latest.Kind == cmmn.Stage
		if isStage && x.State == cmmn.Active && len(x.Blockers) == 0 && !w.reactivated() {
			w.Errorf("%s is active, and nothing blocks it", id)
		}
	}
}

func (w *walk) checkWays(item cmmn.ItemState, ways []cmmn.Way) {
	for _, way := range ways {
		if way.Open() {
			w.Errorf("%s is %s, though %s is open", item.Path, item.State, way.Criterion)
		}
		w.open(item, way)
	}
}

// reactivated reports whether somebody reactivated the case after its end. Then it
// does not end again by itself.
func (w *walk) reactivated() bool {
	return slices.ContainsFunc(w.turns, func(t cmmn.Turn) bool { return t.Command == "reactivate case" })
}

// open works on a copy of the case. It does what a way says is missing, as far as
// an outsider can. Then the item must no longer wait.
func (w *walk) open(item cmmn.ItemState, way cmmn.Way) {
	if strings.Contains(w.criterion(way.Criterion), "memoryless") {
		return // the missing events would have to occur in one turn
	}
	commands, all := w.missing(way)
	if !all {
		return
	}
	copied, err := w.program.Replay(w.turns)
	if err != nil {
		w.Fatalf("%v", err)
	}
	for _, command := range commands {
		if _, err := copied.Execute(command, cmmn.Author{}); err != nil {
			return // it is not an outsider's to do now
		}
	}
	items := copied.Items()
	parent := copied.State()
	if item.Parent > 0 {
		parent = items[item.Parent-1].State
	}
	if items[item.Number-1].State == cmmn.Available && parent == cmmn.Active && copied.State() == cmmn.Active {
		w.Errorf("%s still waits after %v, which was all that %s missed", item.Path, commands, way.Criterion)
	}
}

// criterion is the criterion's line in the model.
func (w *walk) criterion(id string) string {
	name, _, _ := strings.Cut(id, ".")
	for _, line := range strings.Split(w.model, "\n") {
		if strings.Fields(line)[1] == name {
			return line
		}
	}
	return ""
}

// missing are commands that do what a way misses, values first.
func (w *walk) missing(way cmmn.Way) (commands []cmmn.Command, all bool) {
	if len(way.Unmet) > 0 {
		values := solved(way.Unmet)
		if values == nil {
			return nil, false
		}
		commands = append(commands, cmmn.Set{Values: values})
	}
	for _, event := range way.Events {
		var transition cmmn.Transition
		number := w.only(event.Source)
		if transition.UnmarshalText([]byte(event.Event)) != nil || number == 0 {
			return nil, false
		}
		commands = append(commands, cmmn.Do{Number: number, Transition: transition, Force: true})
	}
	return commands, true
}

// solved are values that make all of the conditions true.
func solved(unmet []string) map[string]json.RawMessage {
	values := map[string]json.RawMessage{}
	for _, text := range unmet {
		satisfied, known := solutions[text]
		if !known {
			return nil
		}
		maps.Copy(values, satisfied)
	}
	return values
}

// only is the number of an item's only instance. It is 0 if there are none or
// several.
func (w *walk) only(id string) int {
	number := 0
	for _, item := range w.c.Items() {
		switch {
		case item.ID != id:
		case number > 0:
			return 0
		default:
			number = item.Number
		}
	}
	return number
}

// TestIndependentCommandsCommute runs commands on two halves of a case that
// share nothing, in two orders. Both must lead to the same case, except for
// instance numbers.
func TestIndependentCommandsCommute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left, right := newDrawer(t, "L"), newDrawer(t, "R")
		model := "case C\n  stage SL\n" + strings.Join(left.items(2), "\n") + "\n    task KeepL\n" +
			"  stage SR\n" + strings.Join(right.items(2), "\n") + "\n    task KeepR\n  task Keep"
		var steps [2][]addressedCommand
		for side, d := range []*drawer{left, right} {
			for range rapid.IntRange(1, 8).Draw(t, "commands") {
				steps[side] = append(steps[side], d.drawAddressed())
			}
		}
		apart := outcome(t, model, slices.Concat(steps[0], steps[1]))
		mixed := outcome(t, model, interleaved(t, steps))
		if diff := cmp.Diff(apart, mixed); diff != "" {
			t.Fatalf("the order of independent commands matters:\n%s\n%s", model, diff)
		}
	})
}

// addressedCommand is a command for the nth instance of an item. It means the same,
// whatever the numbers of the instances.
type addressedCommand struct {
	item       string
	nth        int
	transition cmmn.Transition
	set        *cmmn.Set
}

func (d *drawer) drawAddressed() addressedCommand {
	if d.oneIn(3) {
		set := d.drawSet()
		return addressedCommand{set: &set}
	}
	return addressedCommand{item: rapid.SampledFrom(d.names).Draw(d.T, "item"), nth: rapid.IntRange(0, 2).Draw(d.T, "nth"), transition: drawTransition(d.T)}
}

func interleaved(t *rapid.T, steps [2][]addressedCommand) []addressedCommand {
	var all []addressedCommand
	for len(steps[0])+len(steps[1]) > 0 {
		side := rapid.IntRange(0, 1).Draw(t, "side")
		if len(steps[side]) == 0 {
			side = 1 - side
		}
		all = append(all, steps[side][0])
		steps[side] = steps[side][1:]
	}
	return all
}

// outcome is where the steps lead: all instances, without their numbers.
func outcome(t *rapid.T, model string, steps []addressedCommand) []string {
	w := begun(t, model)
	for _, s := range steps {
		if _, err := w.c.Execute(s.command(w.c), cmmn.Author{}); isSpin(err) {
			t.Skip("a case that spins fails as a whole")
		}
	}
	if w.c.State() == cmmn.Failed {
		t.Skip("a case that spins fails as a whole")
	}
	var all []string
	for _, i := range w.c.Items() {
		all = append(all, fmt.Sprintf("%s#%d %s required %t", i.Path, i.Index, i.State, i.Required))
	}
	slices.Sort(all)
	return all
}

func isSpin(err error) bool {
	var spin *cmmn.SpinError
	return errors.As(err, &spin)
}

func (s addressedCommand) command(c *cmmn.Case) cmmn.Command {
	if s.set != nil {
		return *s.set
	}
	nth := 0
	for _, i := range c.Items() {
		if i.ID == s.item {
			if nth == s.nth {
				return cmmn.Do{Number: i.Number, Transition: s.transition}
			}
			nth++
		}
	}
	return cmmn.Do{Number: -1, Transition: s.transition}
}
