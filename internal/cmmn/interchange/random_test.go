package interchange

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"cairn/internal/cmmn"
)

// randomModel draws models that can be written and read back. They have any shape
// that the types allow, with references that exist. Their form is the one that
// Import gives: constant rules are nil or empty, and empty lists are nil.
func randomModel() *rapid.Generator[*cmmn.Model] {
	return rapid.Custom(func(t *rapid.T) *cmmn.Model {
		d := &drawer{T: t}
		m := &cmmn.Model{ID: d.id("case"), Name: d.words(), Plan: d.stage(0)}
		for range d.upTo(2) {
			id := d.id("file")
			d.files = append(d.files, id)
			m.File = append(m.File, cmmn.FileItem{ID: id, Name: d.words()})
		}
		m.Plan.Exit = d.criteria(&d.exits)
		for _, fill := range d.later {
			fill()
		}
		return m
	})
}

// drawer draws the parts of a model. References are drawn when all else is there.
type drawer struct {
	*rapid.T
	last                         int
	items, files, exits, entries []string
	sentries, rules              []string
	shared                       []*cmmn.Definition
	later                        []func()
}

func (d *drawer) upTo(n int) int { return rapid.IntRange(0, n).Draw(d.T, "n") }

func (d *drawer) yes() bool { return rapid.Bool().Draw(d.T, "yes") }

func (d *drawer) id(prefix string) string {
	d.last++
	return fmt.Sprintf("%s%s%d", prefix, rapid.SampledFrom([]string{"-", "_", "."}).Draw(d.T, "mark"), d.last)
}

// words are texts that XML makes difficult.
func (d *drawer) words() string {
	if d.yes() {
		return rapid.SampledFrom([]string{"", "<&\"'>", "]]>", " edges ", "two\nlines\ttab\rreturn", "größer 😀", "&amp;", "${x}"}).Draw(d.T, "hard")
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, rapid.String().Draw(d.T, "words"))
}

// sometimes is nil half of the time.
func sometimes[T any](d *drawer, draw func() *T) *T {
	if d.yes() {
		return draw()
	}
	return nil
}

func several[T any](d *drawer, most int, draw func() T) []T {
	var all []T
	for range d.upTo(most) {
		all = append(all, draw())
	}
	return all
}

func (d *drawer) stage(depth int) *cmmn.Definition {
	s := d.described(cmmn.Stage)
	s.AutoComplete = d.yes()
	s.Sentries = several(d, 2, d.sentry)
	s.Items = several(d, 3, func() *cmmn.Item { return d.item(depth) })
	s.Table = sometimes(d, func() *cmmn.PlanningTable { return d.table(depth, 0) })
	return s
}

func (d *drawer) described(kind cmmn.Kind) *cmmn.Definition {
	def := &cmmn.Definition{ID: d.id("def"), Name: d.words(), Kind: kind, Documentation: d.words()}
	if control := d.control(); *control != (cmmn.Control{}) {
		def.Control = control
	}
	def.Annotation = cmmn.Annotation{
		Estimate: cmmn.Estimate{Min: d.duration(), Max: d.duration()}, Steps: several(d, 2, d.words),
		Checkpoints: several(d, 2, d.note), Challenges: several(d, 2, d.note),
	}
	return def
}

func (d *drawer) duration() time.Duration {
	return time.Duration(rapid.SampledFrom([]int64{0, 1, -1, 1e9, 5400e9, 1<<63 - 1, -1 << 63}).Draw(d.T, "duration"))
}

func (d *drawer) note() cmmn.Note {
	return cmmn.Note{ID: d.words(), Text: d.words(), Remedy: d.words()}
}

// definition draws a new definition, or one that was used before.
func (d *drawer) definition(depth int) *cmmn.Definition {
	if len(d.shared) > 0 && d.yes() {
		return rapid.SampledFrom(d.shared).Draw(d.T, "shared")
	}
	def := d.newDefinition(depth)
	d.shared = append(d.shared, def)
	return def
}

func (d *drawer) newDefinition(depth int) *cmmn.Definition {
	kind := cmmn.Kind(rapid.IntRange(int(cmmn.Stage), int(cmmn.TimerEvent)).Draw(d.T, "kind"))
	if kind == cmmn.Stage && depth < 3 {
		return d.stage(depth + 1)
	}
	if kind == cmmn.Stage {
		kind = cmmn.Task
	}
	def := d.described(kind)
	def.NonBlocking = kind.IsTask() && d.yes()
	if kind == cmmn.HumanTask && depth < 3 {
		def.Table = sometimes(d, func() *cmmn.PlanningTable { return d.table(depth+1, 0) })
	}
	if kind == cmmn.TimerEvent {
		def.Timer = d.timer()
	}
	return def
}

func (d *drawer) timer() *cmmn.Timer {
	t := &cmmn.Timer{Expression: "PT1H"}
	if d.yes() {
		t.Start = &cmmn.OnPart{ID: d.id("start")}
		d.later = append(d.later, func() { d.waitFor(t.Start) })
	}
	return t
}

func (d *drawer) item(depth int) *cmmn.Item {
	item := &cmmn.Item{ID: d.id("item"), Name: d.words(), Control: sometimes(d, d.control)}
	item.Definition = d.definition(depth)
	item.Entry, item.Exit = d.criteria(&d.entries), d.criteria(&d.exits)
	d.items = append(d.items, item.ID)
	return item
}

func (d *drawer) criteria(known *[]string) []cmmn.Criterion {
	all := several(d, 2, func() cmmn.Criterion { return cmmn.Criterion{ID: d.id("crit"), Name: d.words()} })
	for i := range all {
		*known = append(*known, all[i].ID)
	}
	var kept []cmmn.Criterion
	if len(d.sentries) > 0 {
		kept = all
	} else {
		*known = (*known)[:len(*known)-len(all)]
	}
	for i := range kept {
		kept[i].Sentry = rapid.SampledFrom(d.sentries).Draw(d.T, "sentry")
	}
	return kept
}

func (d *drawer) sentry() *cmmn.Sentry {
	s := &cmmn.Sentry{ID: d.id("sentry"), Name: d.words(), Memoryless: d.yes(), Retroactive: d.yes(), If: sometimes(d, d.expression)}
	d.sentries = append(d.sentries, s.ID)
	n := d.upTo(2)
	if s.If == nil {
		n++
	}
	for range n {
		s.On = append(s.On, cmmn.OnPart{ID: d.id("on"), Name: d.words()})
	}
	d.later = append(d.later, func() { d.settle(s) })
	return s
}

// settle gives a sentry's on-parts something to wait for. If there is nothing to
// wait for, the sentry keeps only a condition.
func (d *drawer) settle(s *cmmn.Sentry) {
	if len(d.items) == 0 {
		s.On = nil
		if s.If == nil {
			s.If = &cmmn.Expression{}
		}
	}
	for i := range s.On {
		d.waitFor(&s.On[i])
		if on := &s.On[i]; on.Event == cmmn.Exit && len(d.exits) > 0 && d.yes() {
			on.ExitCriterion = rapid.SampledFrom(d.exits).Draw(d.T, "exit")
		}
	}
}

func (d *drawer) waitFor(on *cmmn.OnPart) {
	if len(d.files) > 0 && d.yes() {
		on.Source = rapid.SampledFrom(d.files).Draw(d.T, "file")
		on.FileEvent = cmmn.FileTransition(rapid.IntRange(int(cmmn.FileCreate), int(cmmn.FileDelete)).Draw(d.T, "event"))
		return
	}
	on.Source = rapid.SampledFrom(d.items).Draw(d.T, "source")
	on.Event = rapid.SampledFrom(cmmn.Transitions()).Draw(d.T, "event")
}

func (d *drawer) table(depth, nesting int) *cmmn.PlanningTable {
	t := &cmmn.PlanningTable{ID: d.id("table")}
	t.Rules = several(d, 2, func() cmmn.Rule {
		rule := cmmn.Rule{ID: d.id("rule"), Name: d.words(), Condition: *d.expression()}
		d.rules = append(d.rules, rule.ID)
		return rule
	})
	t.Applicability = d.someRules()
	t.Items = several(d, 2, func() *cmmn.Item {
		item := d.item(depth)
		item.Applicability = d.someRules()
		return item
	})
	if nesting < 2 {
		t.Tables = several(d, 1, func() *cmmn.PlanningTable { return d.table(depth, nesting+1) })
	}
	return t
}

func (d *drawer) someRules() []string {
	if len(d.rules) == 0 {
		return nil
	}
	return several(d, 2, func() string { return rapid.SampledFrom(d.rules).Draw(d.T, "rule") })
}

func (d *drawer) control() *cmmn.Control {
	return &cmmn.Control{
		Required: sometimes(d, d.expression), ManualActivation: sometimes(d, d.expression), Repetition: sometimes(d, d.expression),
		MaxInstances: d.upTo(3),
	}
}

func (d *drawer) expression() *cmmn.Expression {
	e := &cmmn.Expression{
		Language: rapid.SampledFrom([]string{"", "urn:example:language"}).Draw(d.T, "language"),
		Text:     rapid.SampledFrom([]string{"", "a < 1 && b > 2", "repetition < 3", `x == "${y}"`, "${z}", "\"]]>\""}).Draw(d.T, "text"),
	}
	if d.yes() {
		e.ID = d.id("cond")
	}
	return e
}
