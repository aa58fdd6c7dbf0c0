package cmmn_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"cairn/internal/cmmn"
)

// drawer draws a model in the notation, so that a failing one can be read and
// kept as a story. Its names, values and conditions have its prefix, so the
// models of two drawers share nothing.
type drawer struct {
	*rapid.T
	prefix string
	kinds  map[string]string // of the items drawn so far and to come, by name
	names  []string
	lines  []string
}

var drawnKinds = []string{"task", "human", "stage", "milestone", "user", "timer"}

// drawModel draws a case with a few items.
func drawModel(t *rapid.T) string {
	d := newDrawer(t, "")
	head := "case C" + d.maybe(6, " auto")
	if d.oneIn(5) {
		head += " x> " + d.criterion(false)
	}
	return head + "\n" + strings.Join(d.items(1), "\n") + "\n  task Keep"
}

// newDrawer decides names and kinds first, so that criteria can refer to anything.
func newDrawer(t *rapid.T, prefix string) *drawer {
	d := &drawer{T: t, prefix: prefix, kinds: map[string]string{}}
	for i := range rapid.IntRange(4, 12).Draw(t, "items") {
		name := fmt.Sprintf("%sI%d", prefix, i)
		d.names = append(d.names, name)
		d.kinds[name] = rapid.SampledFrom(drawnKinds).Draw(t, name)
	}
	return d
}

func (d *drawer) oneIn(n int) bool { return rapid.IntRange(1, n).Draw(d.T, "chance") == 1 }

func (d *drawer) maybe(n int, text string) string {
	if d.oneIn(n) {
		return text
	}
	return ""
}

// items writes all items down. Some of them go into the stages before
// them.
func (d *drawer) items(depth int) []string {
	for _, name := range d.names {
		kind := d.kinds[name]
		d.lines = append(d.lines, strings.Repeat("  ", depth)+d.item(name, kind))
		if kind == "stage" {
			depth++
		} else if depth > 1 && d.oneIn(4) {
			depth--
		}
		depth = min(depth, 4)
	}
	return d.lines
}

func (d *drawer) item(name, kind string) string {
	text := kind + " " + name
	work := kind == "task" || kind == "human" || kind == "stage"
	if kind == "timer" {
		text += " timer=" + rapid.SampledFrom([]string{"PT1H", "R2/PT2H", "2026-01-01T03:00:00Z"}).Draw(d.T, "timer")
	}
	text += d.maybe(7, " discretionary")
	if kind == "user" || kind == "timer" {
		return text
	}
	text += d.maybe(3, " "+d.rule("required"))
	text += d.maybe(5, rapid.SampledFrom([]string{" repeat(repetition < 3)", " repeat max=2", " repeat(" + d.condition() + ") max=3", " repeat"}).Draw(d.T, "repeat"))
	if work {
		text += d.maybe(3, " "+d.rule("manual"))
	}
	if kind == "task" {
		text += d.maybe(6, " nonblocking")
	}
	if kind == "stage" {
		text += d.maybe(3, " auto")
	}
	if d.oneIn(2) {
		text += " <- " + d.criterion(true) + d.maybe(4, " ; "+d.criterion(true))
	}
	if work && d.oneIn(4) {
		text += " x> " + d.criterion(false)
	}
	return text
}

func (d *drawer) rule(name string) string { return name + d.maybe(2, "("+d.condition()+")") }

// solutions are the conditions that are drawn, with values that make them true.
// They are written without a prefix, as Explain writes them.
var solutions = map[string]map[string]json.RawMessage{
	"a": {"a": yes}, "b": {"b": yes}, "n > 2": {"n": json.RawMessage("3")}, "!a": {"a": json.RawMessage("false")}, "a || n == 1": {"a": yes, "n": json.RawMessage("1")},
}

var yes = json.RawMessage("true")

func (d *drawer) condition() string {
	text := rapid.SampledFrom([]string{"@a", "@a && @b", "@n > 2", "!@a", "@a || @n == 1"}).Draw(d.T, "condition")
	return strings.ReplaceAll(text, "@", d.prefix)
}

func (d *drawer) criterion(entry bool) string {
	text := ""
	if d.oneIn(8) {
		text = "memoryless "
	} else if entry && d.oneIn(8) {
		text = "retroactive "
	}
	if d.oneIn(5) {
		return "if " + d.condition()
	}
	text += d.event()
	if d.oneIn(3) {
		text += " + " + d.event()
	}
	return text + d.maybe(4, " if "+d.condition())
}

func (d *drawer) event() string {
	if d.oneIn(8) {
		return fmt.Sprintf("file:%s%s.%s", d.prefix, rapid.SampledFrom([]string{"a", "b", "n"}).Draw(d.T, "value"),
			rapid.SampledFrom([]string{"create", "update", "replace", "delete"}).Draw(d.T, "file event"))
	}
	source := rapid.SampledFrom(d.names).Draw(d.T, "source")
	events := []string{"complete", "complete", "complete", "start", "create", "exit", "terminate", "fault", "suspend", "enable", "parentSuspend", "reactivate"}
	switch d.kinds[source] {
	case "milestone", "user", "timer":
		events = []string{"occur", "occur", "occur", "create", "suspend", "resume", "terminate"}
	}
	return source + "." + rapid.SampledFrom(events).Draw(d.T, "event")
}

// drawSet draws new values.
func (d *drawer) drawSet() cmmn.Set {
	name := d.prefix + rapid.SampledFrom([]string{"a", "b", "n"}).Draw(d.T, "value")
	value := rapid.SampledFrom([]string{"true", "false", "null"}).Draw(d.T, "bool")
	if strings.HasSuffix(name, "n") {
		value = rapid.SampledFrom([]string{"1", "3", "null"}).Draw(d.T, "number")
	}
	return cmmn.Set{Values: map[string]json.RawMessage{name: json.RawMessage(value)}}
}

// likely are transitions that usually move a case forward. The others are drawn
// too.
var likely = []cmmn.Transition{cmmn.Complete, cmmn.Complete, cmmn.Complete, cmmn.Occur, cmmn.ManualStart, cmmn.Terminate, cmmn.Suspend, cmmn.Resume}

func drawTransition(t *rapid.T) cmmn.Transition {
	if rapid.IntRange(0, 4).Draw(t, "odd") == 0 {
		return cmmn.Transition(rapid.IntRange(int(cmmn.Close), int(cmmn.ParentTerminate)).Draw(t, "transition"))
	}
	return rapid.SampledFrom(likely).Draw(t, "transition")
}

// drawCommand draws a command that may or may not be refused.
func drawCommand(t *rapid.T, c *cmmn.Case, names []string) cmmn.Command {
	d := &drawer{T: t}
	stage := func() int { return rapid.IntRange(0, len(c.Items())).Draw(t, "stage") }
	item := func() string { return rapid.SampledFrom(names).Draw(t, "item") }
	switch rapid.IntRange(0, 11).Draw(t, "command") {
	case 0, 1, 2:
		return d.drawSet()
	case 3:
		return cmmn.Advance{To: c.Now().Add(time.Hour)}
	case 4, 5:
		return cmmn.Plan{Item: item(), In: stage()}
	case 6:
		return cmmn.Unplan{Item: item(), In: stage()}
	case 7:
		if d.oneIn(3) {
			return cmmn.Adopt{}
		}
		return cmmn.Do{Number: 0, Transition: rapid.SampledFrom([]cmmn.Transition{cmmn.Suspend, cmmn.Fault, cmmn.Reactivate, cmmn.Reactivate, cmmn.Complete}).Draw(t, "of the case")}
	}
	return cmmn.Do{Number: stage(), Transition: drawTransition(t), Force: d.oneIn(4), Path: "item"}
}
