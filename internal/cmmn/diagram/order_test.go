package diagram

import (
	"encoding/xml"
	"fmt"
	"slices"
	"testing"

	"cairn/internal/cmmn"
)

// TestStagesAreInTheModelsOrder draws four stages. The last waits only for the
// first, and must still not move above the third. The stages are once narrow,
// to stand side by side, and once wide, to stand below each other.
func TestStagesAreInTheModelsOrder(t *testing.T) {
	for _, tasks := range []int{1, 30} {
		t.Run(fmt.Sprint(tasks), func(t *testing.T) {
			m := valid(t, fourStages(tasks))
			p := Layout(m)
			check(t, m, p)
			for i, item := range m.Plan.Items[1:] {
				before, after := p.Shapes[m.Plan.Items[i].ID], p.Shapes[item.ID]
				right, below := after.X >= before.X+before.W, after.Y >= before.Y+before.H
				if !right && !below || after.X < before.X && !below {
					t.Errorf("%s is at %v, and the stage before it at %v", item.ID, after, before)
				}
			}
		})
	}
}

// TestStagesThatContradictTheirOrder draws stages that wait for later ones.
func TestStagesThatContradictTheirOrder(t *testing.T) {
	m := fourStages(1)
	slices.Reverse(m.Plan.Items)
	check(t, valid(t, m), Layout(m))
}

func fourStages(tasks int) *cmmn.Model {
	s := &sketch{}
	plan := stage("plan", "Four stages")
	for i := range 4 {
		id := fmt.Sprintf("stage%d", i)
		def := stage(id+".definition", id)
		for k := range tasks {
			def.Items = append(def.Items, item(fmt.Sprintf("%s.task%d", id, k), "Task", cmmn.Task))
		}
		plan.Items = append(plan.Items, &cmmn.Item{ID: id, Definition: def})
	}
	for _, wait := range [][2]int{{1, 0}, {2, 1}, {3, 0}} {
		s.after(plan, plan.Items[wait[0]], plan.Items[wait[1]])
	}
	return modelOf(plan)
}

// TestNamesKeepClearOfCriteria measures how far each line of a name is from the
// diamonds on the edges of its box.
func TestNamesKeepClearOfCriteria(t *testing.T) {
	const least = 9 // pixels; a font that is a tenth wider must not touch anything either
	for _, m := range []*cmmn.Model{homelab(), notation()} {
		p := Layout(m)
		names := namesIn(t, SVG(m, p, nil, Light))
		for _, n := range newTree(m).nodes {
			if n.open() {
				continue
			}
			for _, name := range names[n.id] {
				grown := Bounds{name.X - least, name.Y, name.W + 2*least, name.H}
				for _, c := range slices.Concat(n.entry, n.exit) {
					if meets(grown, []Bounds{p.Shapes[c.ID]}) > 0 {
						t.Errorf("%q at %v is too near to its criterion at %v", n.title, name, p.Shapes[c.ID])
					}
				}
			}
		}
	}
}

// namesIn are the bounds of the centred lines of text in each group of a drawing.
// The key is the id of the item that the group draws.
func namesIn(t *testing.T, svg []byte) map[string][]Bounds {
	t.Helper()
	var drawn struct {
		Groups []group `xml:"g"`
	}
	if err := xml.Unmarshal(svg, &drawn); err != nil {
		t.Fatal(err)
	}
	names := map[string][]Bounds{}
	var walk func(groups []group)
	walk = func(groups []group) {
		for _, g := range groups {
			for _, text := range g.Texts {
				if text.Anchor != "middle" || text.Class != "" {
					continue
				}
				w := textWidth(text.Text, nameSize)
				names[g.ID] = append(names[g.ID], Bounds{text.X - w/2, text.Y - nameSize*0.72, w, nameSize * 0.72})
			}
			walk(g.Groups)
		}
	}
	walk(drawn.Groups)
	return names
}

type group struct {
	ID     string  `xml:"data-id,attr"`
	Groups []group `xml:"g"`
	Texts  []struct {
		Class  string  `xml:"class,attr"`
		Anchor string  `xml:"text-anchor,attr"`
		X      float64 `xml:"x,attr"`
		Y      float64 `xml:"y,attr"`
		Text   string  `xml:",chardata"`
	} `xml:"text"`
}
