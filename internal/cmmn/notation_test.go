package cmmn_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"cairn/internal/cmmn"
)

// Tests write models in this notation. It has one item a line, indented below its
// stage:
//
//	KIND NAME [FLAG...] [<- ENTRY [; ENTRY]...] [x> EXIT [; EXIT]...]
//
// KIND is stage, task, human, process, casetask, decision, milestone, listener,
// user or timer. FLAG is auto, nonblocking, required, manual, repeat, max=N,
// timer=ISO8601, from=EVENT, discretionary, or when(CONDITION) for its
// applicability. required, manual and repeat may have a condition, as in
// repeat(x > 3). A criterion is
//
//	[memoryless] [retroactive] [EVENT [+ EVENT]...] [if CONDITION]
//
// and an EVENT is NAME.TRANSITION, NAME.exit@CRITERION or file:NAME.TRANSITION.
// Criteria are called NAME.e1, NAME.e2, ... and NAME.x1, ... The first line is the
// case itself: "case NAME [auto] [x> ...]".
type notation struct {
	model *cmmn.Model
	files map[string]bool
}

func parseModel(text string) (m *cmmn.Model, err error) {
	n := &notation{model: &cmmn.Model{ID: "case"}, files: map[string]bool{}}
	stack := []*cmmn.Definition{}
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		if depth > len(stack) {
			return nil, fmt.Errorf("%q is indented too far", line)
		}
		stack = stack[:depth]
		d, err := n.line(strings.TrimSpace(line), stack)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		stack = append(stack, d)
	}
	return n.model, nil
}

var kinds = map[string]cmmn.Kind{
	"stage": cmmn.Stage, "task": cmmn.Task, "human": cmmn.HumanTask, "process": cmmn.ProcessTask, "casetask": cmmn.CaseTask,
	"decision": cmmn.DecisionTask, "milestone": cmmn.Milestone,
	"listener": cmmn.EventListener, "user": cmmn.UserEvent, "timer": cmmn.TimerEvent,
}

func (n *notation) line(line string, above []*cmmn.Definition) (*cmmn.Definition, error) {
	rest, exits, _ := strings.Cut(line, " x> ")
	rest, entries, _ := strings.Cut(rest, " <- ")
	words := splitWords(rest)
	if len(words) < 2 {
		return nil, fmt.Errorf("it needs a kind and a name")
	}
	name := words[1]
	if words[0] == "case" {
		d := &cmmn.Definition{ID: name, Name: name, Kind: cmmn.Stage, AutoComplete: len(words) > 2}
		n.model.Plan = d
		d.Exit = n.criteria(d, name, "x", exits)
		return d, nil
	}
	parent := above[len(above)-1]
	stage := parent
	if parent.Kind != cmmn.Stage { // the table of a human task
		stage = above[len(above)-2]
	}
	d := &cmmn.Definition{ID: "def_" + name, Name: name, Kind: kinds[words[0]]}
	item := &cmmn.Item{ID: name, Definition: d}
	discretionary := parent != stage
	for _, flag := range words[2:] {
		if flag == "discretionary" {
			discretionary = true
			continue
		}
		if err := n.flag(item, parent, flag); err != nil {
			return nil, err
		}
	}
	item.Entry = n.criteria(stage, name, "e", entries)
	item.Exit = n.criteria(stage, name, "x", exits)
	if !discretionary {
		stage.Items = append(stage.Items, item)
		return d, nil
	}
	table(parent).Items = append(table(parent).Items, item)
	return d, nil
}

func table(d *cmmn.Definition) *cmmn.PlanningTable {
	if d.Table == nil {
		d.Table = &cmmn.PlanningTable{ID: "table_" + d.ID}
	}
	return d.Table
}

// splitWords splits at spaces that are outside of parentheses.
func splitWords(s string) []string {
	var words []string
	depth, start := 0, 0
	for i, r := range s + " " {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ' ' && depth == 0:
			if i > start {
				words = append(words, s[start:i])
			}
			start = i + 1
		}
	}
	return words
}

var flagPattern = regexp.MustCompile(`^([a-z]+)(?:\((.*)\)|=(.*))?$`)

func (n *notation) flag(item *cmmn.Item, parent *cmmn.Definition, flag string) error {
	m := flagPattern.FindStringSubmatch(flag)
	if m == nil {
		return fmt.Errorf("no flag %q", flag)
	}
	if item.Control == nil {
		item.Control = &cmmn.Control{}
	}
	rule := &cmmn.Expression{Text: m[2]}
	switch m[1] {
	case "auto":
		item.Definition.AutoComplete = true
	case "nonblocking":
		item.Definition.NonBlocking = true
	case "required":
		item.Control.Required = rule
	case "manual":
		item.Control.ManualActivation = rule
	case "repeat":
		item.Control.Repetition = rule
	case "max":
		item.Control.MaxInstances, _ = strconv.Atoi(m[3])
	case "timer":
		item.Definition.Timer = &cmmn.Timer{Expression: m[3]}
	case "from":
		on := n.onPart(m[3], "start_"+item.ID)
		item.Definition.Timer.Start = &on
	case "when":
		t := table(parent)
		id := fmt.Sprintf("rule_%s_%d", item.ID, len(t.Rules))
		t.Rules = append(t.Rules, cmmn.Rule{ID: id, Condition: *rule})
		item.Applicability = append(item.Applicability, id)
	default:
		return fmt.Errorf("no flag %q", flag)
	}
	return nil
}

func (n *notation) criteria(stage *cmmn.Definition, owner, prefix, text string) []cmmn.Criterion {
	if text == "" {
		return nil
	}
	var all []cmmn.Criterion
	for i, one := range strings.Split(text, " ; ") {
		id := fmt.Sprintf("%s.%s%d", owner, prefix, i+1)
		stage.Sentries = append(stage.Sentries, n.sentry("sentry_"+id, one))
		all = append(all, cmmn.Criterion{ID: id, Sentry: "sentry_" + id})
	}
	return all
}

func (n *notation) sentry(id, text string) *cmmn.Sentry {
	s := &cmmn.Sentry{ID: id}
	events, condition, found := strings.Cut(" "+text, " if ")
	if found {
		s.If = &cmmn.Expression{Text: condition}
	}
	for i, word := range strings.Fields(events) {
		switch word {
		case "+":
		case "memoryless":
			s.Memoryless = true
		case "retroactive":
			s.Retroactive = true
		default:
			s.On = append(s.On, n.onPart(word, fmt.Sprintf("%s_on%d", id, i)))
		}
	}
	return s
}

func (n *notation) onPart(word, id string) cmmn.OnPart {
	on := cmmn.OnPart{ID: id}
	source, event, _ := strings.Cut(word, ".")
	if file, isFile := strings.CutPrefix(source, "file:"); isFile {
		if !n.files[file] {
			n.files[file] = true
			n.model.File = append(n.model.File, cmmn.FileItem{ID: "file_" + file, Name: file})
		}
		on.Source = "file_" + file
		if err := on.FileEvent.UnmarshalText([]byte(event)); err != nil {
			panic(err)
		}
		return on
	}
	on.Source = source
	event, on.ExitCriterion, _ = strings.Cut(event, "@")
	if err := on.Event.UnmarshalText([]byte(event)); err != nil {
		panic(err)
	}
	return on
}
