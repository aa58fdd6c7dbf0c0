package cmmn

import (
	"bytes"
	"encoding/json"
)

// set gives one value and tells the on-parts that wait for it. It reports
// whether the value changed.
func (t *turn) set(name string, raw json.RawMessage) (bool, error) {
	if name == "" || name == RepetitionName {
		return false, &CommandError{"case file", "a value cannot be called " + quoted(name)}
	}
	value, err := decodeValue(raw)
	if err != nil {
		return false, &CommandError{"case file value " + quoted(name), err.Error()}
	}
	before, had := t.c.file.raw[name]
	if value == nil {
		if had {
			t.emit(Effect{Op: OpSet, Name: name})
			t.fileEvent(name, FileDelete)
		}
		return had, nil
	}
	if raw, err = canonical(value); err != nil {
		return false, &CommandError{"case file value " + quoted(name), err.Error()}
	}
	if had && bytes.Equal(before, raw) {
		return false, nil
	}
	t.emit(Effect{Op: OpSet, Name: name, Value: raw})
	if had {
		t.fileEvent(name, FileUpdate, FileReplace)
	} else {
		t.fileEvent(name, FileCreate)
	}
	return true, nil
}

func (t *turn) fileEvent(name string, events ...FileTransition) {
	for _, event := range events {
		for _, w := range t.c.program.fileWatchers[name] {
			if w.gate.parts[w.part].fileAt == event {
				t.later(func() { t.occurred(w.gate, w.part, nil) })
			}
		}
	}
}

// reread tests every gate whose condition reads the value, and checks the
// stages whose planning depends on it.
func (t *turn) reread(name string) {
	for _, g := range t.c.program.readers[name] {
		t.later(func() { t.retest(g) })
	}
	for _, n := range t.c.program.tablesReading[name] {
		for _, stage := range t.c.ofStage[n.def] {
			t.recheck(stage)
		}
	}
}

func (t *turn) retest(g *gate) {
	if g.kind == exitGate {
		for _, i := range t.c.ofNode[g.owner.number] {
			t.testExit(i, g)
		}
		return
	}
	for _, stage := range t.c.ofStage[g.owner.scope.def] {
		t.testEntry(stage, g)
	}
	if g.crossing() {
		for _, anchor := range t.c.ofStage[g.anchor.def] {
			t.testAnchored(anchor, g)
		}
	}
}
