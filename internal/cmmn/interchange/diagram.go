package interchange

import (
	"math"
	"strconv"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/diagram"
)

// diagram writes where things are drawn. Viewers want a container before its
// content, which is the order of the model.
func (w *writer) diagram(m *cmmn.Model, d *diagram.Plan) {
	if d == nil {
		return
	}
	w.open("cmmndi:CMMNDI")
	w.open("cmmndi:CMMNDiagram", "id", w.free("diagram"))
	drawn := 0
	for _, id := range w.drawable(m) {
		if bounds, has := d.Shapes[id]; has {
			drawn++
			w.shape(id, bounds, d.Collapsed[id])
		}
	}
	if unknown := len(d.Shapes) - drawn; unknown > 0 {
		w.fail("the diagram draws %d elements that the case does not have", unknown)
	}
	for _, e := range d.Edges {
		w.refer("an edge of the diagram", partKind, e.OnPart)
		w.edge(d, e.Source, e.Criterion, e.Points,
			"id", w.free(e.OnPart+"_"+e.Criterion), "cmmnElementRef", e.OnPart, "targetCMMNElementRef", e.Criterion, "isStandardEventVisible", ifSet(e.Label != "", "true"))
	}
	for _, a := range d.Associations {
		w.edge(d, a.Task, a.Item, a.Points, "id", w.free(a.Task+"_"+a.Item), "sourceCMMNElementRef", a.Task, "targetCMMNElementRef", a.Item)
	}
	w.close()
	w.close()
}

// drawable returns the ids of everything that can have a shape. Definitions
// have none, because several items may share one.
func (w *writer) drawable(m *cmmn.Model) []string {
	ids := withCriteria(nil, m.Plan.ID, nil, m.Plan.Exit)
	for _, item := range w.survey.items {
		ids = withCriteria(ids, item.ID, item.Entry, item.Exit)
	}
	for _, f := range m.File {
		ids = append(ids, f.ID)
	}
	return ids
}

func withCriteria(ids []string, id string, entry, exit []cmmn.Criterion) []string {
	ids = append(ids, id)
	for _, c := range entry {
		ids = append(ids, c.ID)
	}
	for _, c := range exit {
		ids = append(ids, c.ID)
	}
	return ids
}

func (w *writer) shape(id string, b diagram.Bounds, collapsed bool) {
	w.open("cmmndi:CMMNShape", "id", w.free(id+"_di"), "cmmnElementRef", id, "isCollapsed", ifSet(collapsed, "true"))
	w.empty("dc:Bounds", "x", w.number(b.X), "y", w.number(b.Y), "width", w.number(b.W), "height", w.number(b.H))
	w.empty("cmmndi:CMMNLabel")
	w.close()
}

// edge writes a line. If an end of it were not drawn, viewers could not open
// the file at all.
func (w *writer) edge(d *diagram.Plan, from, to string, way []diagram.Point, attributes ...string) {
	for _, end := range []string{from, to} {
		if _, drawn := d.Shapes[end]; !drawn {
			w.fail("the diagram has a line at %q but does not draw %[1]q", end)
		}
	}
	if len(way) < 2 {
		w.fail("the diagram has a line from %q to %q with fewer than two points", from, to)
	}
	w.open("cmmndi:CMMNEdge", attributes...)
	for _, p := range way {
		w.empty("di:waypoint", "x", w.number(p.X), "y", w.number(p.Y))
	}
	w.empty("cmmndi:CMMNLabel")
	w.close()
}

func (w *writer) number(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		w.fail("the diagram has a coordinate that is not a number")
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}
