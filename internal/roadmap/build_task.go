package roadmap

import (
	"regexp"

	"cairn/internal/document"
)

// task adds a task with its milestone to the stage.
func (b *builder) task(r *record, s *Stage) {
	t := Task{
		ID: b.id(r, aTask, s.ID), Name: r.must("name").text, Text: r.maybe("text").text, Ours: r.yes("ours"),
		Kind:          Kind(b.word(r.must("kind"), string(Human), string(Process))),
		Discretionary: r.yes("discretionary"), Recommended: r.yes("recommended"),
		Steps: texts(r.texts("steps")), Cairn: r.maybe("cairn").text, Needs: texts(r.texts("needs")),
		After:       b.refer(r.texts("after"), aMilestone, aTask),
		Choices:     b.refer(r.texts("choices"), aChoice),
		When:        b.when(r.record("when", "a condition")),
		Estimate:    b.estimate(r.maybe("estimate"), r.maybe("estimate-note")),
		Repeats:     b.interval(r.maybe("repeats")),
		Checkpoints: b.refer(r.texts("checkpoints"), aCheckpoint),
	}
	if m := r.record("milestone", string(aMilestone)); m != nil {
		reached := Milestone{ID: b.id(m, aMilestone, s.ID), Name: m.must("name").text, Task: t.ID, Checkpoints: t.Checkpoints, Ours: t.Ours}
		m.end()
		t.Milestone = reached.ID
		s.Milestones = append(s.Milestones, reached)
	}
	r.end()
	s.Tasks = append(s.Tasks, t)
}

func (b *builder) when(r *record) *When {
	if r == nil {
		return nil
	}
	w := &When{Choice: b.refer([]value{r.must("choice")}, aChoice)[0], Options: texts(r.texts("options"))}
	r.end()
	return w
}

func (b *builder) estimate(v, note value) Estimate {
	if v.text == "" {
		if note.text != "" {
			b.faults = append(b.faults, note.place.Fault("there is a note on an estimate, but no estimate"))
		}
		return Estimate{}
	}
	e, err := parseEstimate(v.text)
	if err != nil {
		f := v.place.Fault("%s", err)
		f.Expected = "hours or days such as 2h to 8h, 1d to 5d or 1h, the smaller one first, or " + ongoing
		b.faults = append(b.faults, f)
	}
	e.Note = note.text
	return e
}

var days = regexp.MustCompile(`^P[1-9][0-9]{0,3}D$`)

func (b *builder) interval(v value) string {
	if v.text != "" && !days.MatchString(v.text) {
		f := v.place.Fault("%s is not an interval", document.Quoted(v.text))
		f.Expected = "a number of days as ISO 8601 writes it, such as P30D"
		b.faults = append(b.faults, f)
	}
	return v.text
}
