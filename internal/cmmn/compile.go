package cmmn

import (
	"errors"
	"fmt"
)

const (
	// maxDepth is how deep stages may nest.
	maxDepth = 64
	// maxItems is how many items a model may have.
	maxItems = 100_000
)

// ModelError says what is wrong with a model, and where.
type ModelError struct {
	Element string // what it is, with its id: `plan item "T1"`
	Reason  string
}

// Error implements error.
func (e *ModelError) Error() string { return e.Element + ": " + e.Reason }

// Compile checks a model and indexes it. On failure, the error joins one
// [*ModelError] for each fault.
func Compile(m *Model, conditions Conditions) (*Program, error) {
	c := &compiler{
		program: &Program{
			model: m, byID: map[string]*node{}, gates: map[string]*gate{}, readers: map[string][]*gate{},
			tablesReading: map[string][]*node{}, fileWatchers: map[string][]watch{},
		},
		conditions: conditions,
		compiled:   map[Expression]Condition{},
		places:     map[*Definition]*node{},
		uses:       map[*Definition][]*node{},
		enclosing:  map[*Definition][]*Definition{},
		sentries:   map[*node]map[string]*Sentry{},
		files:      map[string]string{},
	}
	c.run(m)
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	return c.program, nil
}

// compiler makes a program. It gathers faults, so that the author of a model
// sees all of them at once.
type compiler struct {
	program    *Program
	conditions Conditions
	compiled   map[Expression]Condition
	places     map[*Definition]*node   // where a stage definition was met first
	uses       map[*Definition][]*node // all places where it was met
	enclosing  map[*Definition][]*Definition
	sentries   map[*node]map[string]*Sentry
	files      map[string]string // names of case file items by id
	faults     []error
}

func (c *compiler) fault(element, reason string, args ...any) {
	c.faults = append(c.faults, &ModelError{element, fmt.Sprintf(reason, args...)})
}

func (c *compiler) run(m *Model) {
	if m.Plan == nil || m.Plan.Kind != Stage {
		c.fault("case "+quoted(m.ID), "it has no case plan model")
		return
	}
	for _, f := range m.File {
		c.fileItem(f)
	}
	plan := &node{def: m.Plan, id: m.Plan.ID, title: m.Plan.Name}
	c.program.nodes = []*node{plan}
	if !c.place(plan, m.Plan, nil) {
		return
	}
	// Criteria refer to items anywhere, so items come first.
	c.criteria(plan, nil, m.Plan.Exit)
	for _, n := range c.program.nodes[1:] {
		c.criteria(n, n.item.Entry, n.item.Exit)
	}
	c.shareGates()
	c.exitReferences()
	c.timers()
	if len(c.faults) == 0 {
		c.watch()
		c.deadlocks()
	}
}

func (c *compiler) fileItem(f FileItem) {
	if _, twice := c.files[f.ID]; twice || f.ID == "" {
		c.fault("case file item "+quoted(f.ID), "its id is empty or used twice")
	}
	name := f.Name
	if name == "" {
		name = f.ID
	}
	c.files[f.ID] = name
}

// place gives a stage its items, and those items theirs. It reports whether the
// model is a tree of reasonable size. If not, nothing else can be checked.
func (c *compiler) place(at *node, stage *Definition, above []*Definition) bool {
	if at.depth = len(above); at.depth > maxDepth {
		c.fault(describe(at), "stages nest deeper than %d", maxDepth)
		return false
	}
	for _, d := range above {
		if d == stage {
			c.fault(describe(at), "the stage contains itself")
			return false
		}
	}
	c.uses[stage] = append(c.uses[stage], at)
	if first, placed := c.places[stage]; placed {
		at.children, at.table, at.plannable, at.places = first.children, first.table, first.plannable, first.places
		return true
	}
	c.places[stage] = at
	c.sentriesOf(at, stage)
	above = append(above[:len(above):len(above)], stage)
	for _, item := range stage.Items {
		n, ok := c.node(at, item, above)
		if !ok {
			return false
		}
		at.children = append(at.children, n)
	}
	return c.tableOf(at, at, stage.Table, above)
}

// node makes the node of an item that stands in a stage.
func (c *compiler) node(scope *node, item *Item, above []*Definition) (*node, bool) {
	if len(c.program.nodes) >= maxItems {
		c.fault("case "+quoted(c.program.model.ID), "it has more than %d items", maxItems)
		return nil, false
	}
	n := &node{number: len(c.program.nodes), item: item, def: item.Definition, id: item.ID, scope: scope, depth: len(above)}
	if item.Definition == nil {
		c.fault("plan item "+quoted(item.ID), "it has no definition")
		return nil, false
	}
	n.title = item.Title()
	if n.title == "" {
		n.title = item.ID
	}
	scope.places++
	n.place = scope.places - 1
	c.register(n)
	c.structure(n)
	c.control(n)
	switch {
	case n.def.Kind == Stage:
		if !c.place(n, n.def, above) {
			return nil, false
		}
	case n.def.Table != nil:
		if first, placed := c.places[n.def]; placed {
			if first.scope != scope {
				c.fault(describe(n), "a human task with a planning table cannot stand in two stages")
			}
			n.table = first.table
			break
		}
		c.places[n.def] = n
		if !c.tableOf(scope, n, n.def.Table, above) {
			return nil, false
		}
	}
	return n, true
}

func (c *compiler) register(n *node) {
	c.program.nodes = append(c.program.nodes, n)
	switch _, twice := c.program.byID[n.id]; {
	case n.id == "":
		c.fault("an item of "+describe(n.scope), "it has no id")
	case twice:
		c.fault(describe(n), "its id is used twice")
	default:
		c.program.byID[n.id] = n
	}
}

// structure checks what Tables 5.x forbid for a kind.
func (c *compiler) structure(n *node) {
	kind := n.def.Kind
	if kind == 0 || int(kind) >= len(kindNames) {
		c.fault(describe(n), "it is of an unknown kind")
		return
	}
	if kind == Milestone && len(n.item.Exit) > 0 {
		c.fault(describe(n), "a milestone has no exit criteria")
	}
	if kind.IsListener() && len(n.item.Entry)+len(n.item.Exit) > 0 {
		c.fault(describe(n), "an event listener has no criteria")
	}
	if kind == TimerEvent && n.def.Timer == nil {
		c.fault(describe(n), "a timer event listener says when it occurs")
	}
	if kind != TimerEvent && n.def.Timer != nil {
		c.fault(describe(n), "only a timer event listener has a timer")
	}
	if n.def.Table != nil && kind != Stage && kind != HumanTask {
		c.fault(describe(n), "only stages and human tasks have planning tables")
	}
	if n.def.NonBlocking && !kind.IsTask() {
		c.fault(describe(n), "only tasks are blocking or not")
	}
	if kind != Stage && len(n.def.Items)+len(n.def.Sentries) > 0 {
		c.fault(describe(n), "only stages contain something")
	}
	if kind != Stage && n.def.AutoComplete {
		c.fault(describe(n), "only stages complete automatically")
	}
	if kind == Stage && len(n.def.Exit) > 0 {
		c.fault(describe(n), "only the case plan model has exit criteria of its own; other stages have them on their items")
	}
}

// control compiles the item's rules.
func (c *compiler) control(n *node) {
	control := n.item.Control
	if control == nil {
		control = n.def.Control
	}
	if control == nil {
		return
	}
	kind := n.def.Kind
	if kind.IsListener() && *control != (Control{}) {
		c.fault(describe(n), "an event listener has no rules")
	}
	if kind == Milestone && control.ManualActivation != nil {
		c.fault(describe(n), "a milestone is not activated, so no rule says how")
	}
	if control.MaxInstances < 0 {
		c.fault(describe(n), "its ceiling of instances is negative")
	}
	n.control = rules{
		required: c.rule(n, "required rule", control.Required), manual: c.rule(n, "manual activation rule", control.ManualActivation),
		repetition: c.rule(n, "repetition rule", control.Repetition), ceiling: control.MaxInstances,
	}
}

func (c *compiler) rule(n *node, what string, e *Expression) Condition {
	if e == nil {
		return nil
	}
	return c.expression(what+" of "+describe(n), *e)
}

// expression compiles an expression once, however often the model contains it.
func (c *compiler) expression(where string, e Expression) Condition {
	if e.Text == "" {
		return alwaysTrue{}
	}
	e.ID = ""
	if compiled, done := c.compiled[e]; done {
		return compiled
	}
	compiled, err := c.conditions.Compile(e)
	if err != nil {
		c.fault(where, "its condition %s cannot be used: %v", quoted(shortened(e.Text)), err)
		return alwaysTrue{}
	}
	c.compiled[e] = compiled
	return compiled
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// shortened cuts a text to a length that keeps messages readable.
func shortened(s string) string {
	const longest = 80
	if runes := []rune(s); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return s
}

// describe names a node in messages.
func describe(n *node) string {
	if n.scope == nil {
		return "case plan model " + quoted(n.id)
	}
	return n.def.Kind.String() + " " + quoted(n.id)
}
