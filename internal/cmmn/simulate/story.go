package simulate

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/cmmn"
)

// Story tells a result to people: the step, and what each item went through.
// Neighbours with the same story share a line.
func (r Result) Story() string {
	var b strings.Builder
	switch {
	case r.Step == 0:
		b.WriteString("The case starts.\n")
	case r.OK:
		fmt.Fprintf(&b, "%d. %s\n", r.Step, r.title())
	default:
		fmt.Fprintf(&b, "%d. %s\n   refused: %s\n", r.Step, r.Line, r.Error)
	}
	for _, line := range r.ways() {
		fmt.Fprintf(&b, "   %s\n", line)
	}
	return b.String()
}

// title is the command with the values it gave.
func (r Result) title() string {
	var given []string
	for _, e := range r.Turn.Effects {
		switch {
		case e.Op != cmmn.OpSet:
		case e.Value == nil:
			given = append(given, e.Name+" is taken away")
		default:
			given = append(given, fmt.Sprintf("%s is %s", e.Name, e.Value))
		}
	}
	if len(given) > 0 {
		return strings.Join(given, ", ")
	}
	return r.Turn.Command
}

// way is how one instance went through a turn.
type way struct {
	stage, name string
	states      []string
}

// ways are told in the order in which things changed first.
func (r Result) ways() []string {
	var order []int
	ways := map[int]*way{}
	for _, e := range r.Turn.Effects {
		if e.Op != cmmn.OpMove && e.Op != cmmn.OpCreate {
			continue
		}
		w := ways[e.At]
		if w == nil {
			w = r.wayOf(e)
			ways[e.At] = w
			order = append(order, e.At)
		}
		if e.Op == cmmn.OpMove {
			w.states = append(w.states, e.To.String())
		}
	}
	var lines []string
	for i := 0; i < len(order); {
		first := ways[order[i]]
		var names []string
		for ; i < len(order) && first.like(ways[order[i]]); i++ {
			names = append(names, ways[order[i]].name)
		}
		lines = append(lines, first.tell(names))
	}
	return lines
}

func (w *way) like(other *way) bool {
	return w.stage == other.stage && slices.Equal(w.states, other.states)
}

func (w *way) tell(names []string) string {
	text := strings.Join(names, ", ")
	if w.stage != "" {
		text = w.stage + " / " + text
	}
	return text + ": " + strings.Join(w.states, " -> ")
}

// wayOf begins the way of the instance that an effect is about.
func (r Result) wayOf(e cmmn.Effect) *way {
	if e.At == 0 {
		return &way{name: "the case", states: []string{e.From.String()}}
	}
	if e.At > len(r.Items) { // it was taken back
		return &way{name: e.Item, states: []string{e.From.String()}}
	}
	item := r.Items[e.At-1]
	w := &way{name: item.Name, states: []string{e.From.String()}}
	if e.Op == cmmn.OpCreate {
		w.states = []string{cmmn.Available.String()}
	}
	w.stage = strings.TrimSuffix(strings.TrimSuffix(item.Path, item.Name), "/")
	if item.Index > 0 {
		w.name = fmt.Sprintf("%s #%d", item.Name, item.Index+1)
	}
	return w
}
