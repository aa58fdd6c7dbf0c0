package diagram

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cairn/internal/cmmn"
)

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		p := Layout(m)
		check(t, m, p)
		for _, scheme := range []Scheme{Auto, Light, Dark} {
			svg := SVG(m, p, nil, scheme)
			wellFormed(t, svg)
			if !bytes.Equal(svg, SVG(m, Layout(m), nil, scheme)) {
				t.Fatal("the drawing is not the same every time")
			}
		}
		if first := Mermaid(m, nil); first != Mermaid(m, nil) {
			t.Fatal("the flowchart is not the same every time")
		}
	})
}

// drawModel makes a model of up to 60 items. It has nested stages, lines across
// their walls and in circles, several criteria, planning tables, and events with
// labels.
func drawModel(t *rapid.T) *cmmn.Model {
	plan := stage("plan", drawName(t))
	stages := []*cmmn.Definition{plan}
	homes := map[*cmmn.Item]*cmmn.Definition{}
	var items []*cmmn.Item
	kinds := []cmmn.Kind{cmmn.Stage, cmmn.Task, cmmn.HumanTask, cmmn.ProcessTask, cmmn.CaseTask, cmmn.DecisionTask, cmmn.Milestone, cmmn.UserEvent}
	for i := range rapid.IntRange(0, 60).Draw(t, "items") {
		it := item(fmt.Sprintf("i%d", i), drawName(t), rapid.SampledFrom(kinds).Draw(t, "kind"))
		home := rapid.SampledFrom(stages).Draw(t, "stage")
		if it.Definition.Kind == cmmn.Stage {
			stages = append(stages, it.Definition)
		}
		home.Items = append(home.Items, it)
		homes[it] = home
		items = append(items, it)
	}
	s := &sketch{}
	for range rapid.IntRange(0, 80).Draw(t, "criteria") {
		drawCriterion(t, s, plan, items, homes)
	}
	for _, it := range items {
		if it.Definition.Kind == cmmn.HumanTask && rapid.Bool().Draw(t, "table") {
			planned := item(it.ID+"-planned", drawName(t), cmmn.Task)
			it.Definition.Table = &cmmn.PlanningTable{ID: it.ID + "-table", Items: []*cmmn.Item{planned}}
		}
	}
	return modelOf(plan)
}

func modelOf(plan *cmmn.Definition) *cmmn.Model { return &cmmn.Model{ID: "model", Plan: plan} }

func drawCriterion(t *rapid.T, s *sketch, plan *cmmn.Definition, items []*cmmn.Item, homes map[*cmmn.Item]*cmmn.Definition) {
	if len(items) == 0 {
		return
	}
	owner := rapid.SampledFrom(items).Draw(t, "owner")
	if owner.Definition.Kind.IsListener() {
		return
	}
	home := homes[owner]
	sources := rapid.SliceOfN(rapid.SampledFrom(items), 1, 3).Draw(t, "sources")
	c := s.on(home, sources...)
	first := &home.Sentries[len(home.Sentries)-1].On[0]
	switch exits := sources[0].Exit; {
	case len(exits) > 0 && rapid.Bool().Draw(t, "by exit criterion"):
		first.Event, first.ExitCriterion = cmmn.Exit, rapid.SampledFrom(exits).Draw(t, "exit criterion").ID
	case rapid.Bool().Draw(t, "create"):
		first.Event = cmmn.Create
	}
	switch {
	case rapid.IntRange(0, 4).Draw(t, "exit") > 0 || owner.Definition.Kind == cmmn.Milestone:
		owner.Entry = append(owner.Entry, c)
	case home == plan && rapid.Bool().Draw(t, "of the case"):
		plan.Exit = append(plan.Exit, c)
	default:
		owner.Exit = append(owner.Exit, c)
	}
}

var hostile = []string{"", "<&\"'>", "]]>", "--> %% end", "🧱🪨👩🏽‍🚀", strings.Repeat("abc ", 75), strings.Repeat("x", 300), "שלום עולם", "\u202egnp.exe", "a\x00b\xffc\nd\ufffe", "`*_#quot;"}

func drawName(t *rapid.T) string {
	return rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringN(0, 40, -1), rapid.Just("Ordinary name")).Draw(t, "name")
}

func wellFormed(t reporter, svg []byte) {
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("the drawing is no XML: %v", err)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		in := &cmmn.Item{ID: "stage", Definition: stage("stage.definition", name, item("task", name, cmmn.HumanTask))}
		m := modelOf(stage("plan", name, in, item("milestone", name, cmmn.Milestone), item("user", name, cmmn.UserEvent)))
		p := Layout(m)
		check(t, m, p)
		wellFormed(t, SVG(m, p, Marks{"task": {State: cmmn.Active, Standing: name}}, Auto))
		for _, line := range strings.Split(Mermaid(m, nil), "\n") {
			if strings.Count(line, `"`)%2 != 0 {
				t.Errorf("a name gets out of its quotes: %s", line)
			}
		}
		for _, line := range wrap(name, 100, nameSize, 3) {
			if w := textWidth(line, nameSize); w > 100 && len([]rune(line)) > 2 {
				t.Errorf("%q is %g wide", line, w)
			}
		}
	})
}
