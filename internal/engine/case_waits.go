package engine

import (
	"fmt"
	"strings"

	"cairn/internal/cmmn"
	"cairn/internal/roadmap"
)

// waitsFor says in words what an item that is not open yet waits for. It is empty
// if the item waits for nothing.
func (l *labCase) waitsFor(id string) []string {
	if l.c == nil {
		return nil
	}
	x, err := l.c.Explain(id)
	if err != nil || x.State != cmmn.Available && x.State != cmmn.Null {
		return nil
	}
	if x.State == cmmn.Null && x.Around == "" {
		return nil // discretionary, and nobody planned it
	}
	var waits []string
	if x.Around != "" && x.Around != l.program.Model().Plan.Name {
		waits = append(waits, fmt.Sprintf("the stage %q", x.Around))
	}
	for _, way := range x.Ways {
		waits = append(waits, l.inWords(way)...)
	}
	return waits
}

// inWords says what is left of one criterion.
func (l *labCase) inWords(w cmmn.Way) []string {
	var waits []string
	for _, e := range w.Events {
		waits = append(waits, l.eventInWords(e))
	}
	for _, unmet := range w.Unmet {
		waits = append(waits, l.conditionInWords(unmet))
	}
	return waits
}

func (l *labCase) eventInWords(e cmmn.Event) string {
	_, isTimer := l.roadmap.Task(strings.TrimSuffix(e.Source, roadmap.DueSuffix))
	switch {
	case e.Event == cmmn.Occur.String() && isTimer:
		return "the day on which it is due"
	case e.Event == cmmn.Occur.String():
		return fmt.Sprintf("the milestone %q", e.Name)
	case e.Event == cmmn.Complete.String():
		return fmt.Sprintf("the end of %q", e.Name)
	default:
		return fmt.Sprintf("%s of %q", e.Event, e.Name)
	}
}

// conditionInWords names the checkpoint or criterion whose value a part of a
// condition reads.
func (l *labCase) conditionInWords(part string) string {
	for _, stage := range l.roadmap.Stages {
		for _, c := range stage.Checkpoints {
			if part == roadmap.ValueName(c.ID) {
				return fmt.Sprintf("proof that %q (%s)", c.Name, c.ID)
			}
		}
		for _, c := range stage.Exit {
			if part == roadmap.ValueName(c.ID) {
				return fmt.Sprintf("your word that %q (%s)", c.Text, c.ID)
			}
		}
	}
	return part
}
