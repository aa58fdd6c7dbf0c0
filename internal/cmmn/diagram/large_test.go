package diagram

import (
	"fmt"
	"testing"

	"cairn/internal/cmmn"
)

func BenchmarkLayout(b *testing.B) {
	for _, items := range []int{60, 500} {
		model := large(items)
		b.Run(fmt.Sprint(items), func(b *testing.B) {
			for b.Loop() {
				Layout(model)
			}
		})
		plan := Layout(model)
		b.Run(fmt.Sprintf("%d/SVG", items), func(b *testing.B) {
			for b.Loop() {
				SVG(model, plan, nil, Auto)
			}
		})
	}
}

func TestLargeModelsKeepTheirPromises(t *testing.T) {
	m := valid(t, large(500))
	check(t, m, Layout(m))
}

// large is a roadmap of many items in five stages, half of them milestones.
func large(items int) *cmmn.Model {
	s := &sketch{}
	plan := stage("plan", "Large")
	var before []*cmmn.Item
	for k := range 5 {
		def := stage(fmt.Sprintf("s%d.definition", k), fmt.Sprintf("Stage %d", k))
		in := &cmmn.Item{ID: fmt.Sprintf("s%d", k), Definition: def}
		plan.Items = append(plan.Items, in)
		if len(before) > 0 {
			s.after(plan, in, before[len(before)-1])
		}
		for i := range items / 10 {
			task := item(fmt.Sprintf("t%d.%d", k, i), fmt.Sprintf("Task number %d of it", i), cmmn.ProcessTask)
			milestone := item(fmt.Sprintf("m%d.%d", k, i), fmt.Sprintf("Milestone %d is reached", i), cmmn.Milestone)
			if len(before) > 0 && i%3 != 0 {
				// Any spread of sources will do, as long as it is always the same.
				s.after(def, task, before[len(before)-1-(i*7)%min(len(before), 12)])
			}
			s.after(def, milestone, task)
			def.Items = append(def.Items, task, milestone)
			before = append(before, milestone)
		}
	}
	return modelOf(plan)
}
