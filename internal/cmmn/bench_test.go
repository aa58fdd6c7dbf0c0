package cmmn_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cairn/internal/cmmn"
)

// The budgets are these. A command on a case of 1,000 items takes 100 us, and no
// more with 10,000. 10,000 cases of 50 items reach their end in 10 s. A web of
// 1,000 items takes 50 ms a turn.

func started(b *testing.B, p *cmmn.Program) *cmmn.Case {
	b.Helper()
	c, _, err := p.Start(cmmn.Author{At: epoch})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func execute(b *testing.B, c *cmmn.Case, command cmmn.Command) cmmn.Turn {
	b.Helper()
	turn, err := c.Execute(command, cmmn.Author{})
	if err != nil {
		b.Fatal(err)
	}
	return turn
}

// wide is a case of stages of ten tasks each. Of each ten, one waits for another,
// and two for a value.
func wide(items int) string {
	var m strings.Builder
	m.WriteString("case C")
	for s := range items / 10 {
		fmt.Fprintf(&m, "\n  stage S%d", s)
		for i := range 7 {
			fmt.Fprintf(&m, "\n    task T%d_%d", s, i)
		}
		fmt.Fprintf(&m, "\n    task W%d <- T%d_0.complete\n    task V%d <- if v%d > 3\n    task U%d <- T%d_1.complete if v%d > 3", s, s, s, s, s, s, s)
	}
	return m.String()
}

// BenchmarkCommand suspends and resumes one task, and sets one value. It measures
// one command in a large case.
func BenchmarkCommand(b *testing.B) {
	for _, items := range []int{100, 1_000, 10_000} {
		p := compile(b, parsed(b, wide(items)))
		b.Run(fmt.Sprintf("items=%d/suspend+resume", items), func(b *testing.B) {
			c := started(b, p)
			number, err := c.Find("T3_4", 0, cmmn.Suspend)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				execute(b, c, cmmn.Do{Number: number, Transition: cmmn.Suspend})
				execute(b, c, cmmn.Do{Number: number, Transition: cmmn.Resume})
			}
		})
		b.Run(fmt.Sprintf("items=%d/set", items), func(b *testing.B) {
			c, odd := started(b, p), false
			for b.Loop() {
				odd = !odd
				value := json.RawMessage("1")
				if odd {
					value = json.RawMessage("2")
				}
				execute(b, c, cmmn.Set{Values: map[string]json.RawMessage{"v3": value}})
			}
		})
	}
}

// BenchmarkToTheEnd runs cases of 50 items from start to completion: one command
// for each task, as a person would.
func BenchmarkToTheEnd(b *testing.B) {
	model, tasks := fifty()
	p := compile(b, parsed(b, model))
	for _, cases := range []int{1, 10_000} {
		b.Run(fmt.Sprintf("cases=%d", cases), func(b *testing.B) {
			for b.Loop() {
				for range cases {
					toTheEnd(b, p, tasks)
				}
			}
		})
	}
}

// fifty is a case of five stages, one after the other, with nine items each. It
// also returns the tasks in an order in which they can be done.
func fifty() (model string, tasks []string) {
	var m strings.Builder
	m.WriteString("case C")
	for s := range 5 {
		fmt.Fprintf(&m, "\n  stage S%d", s)
		if s > 0 {
			fmt.Fprintf(&m, " <- M%d.occur", s-1)
		}
		for i := range 8 {
			tasks = append(tasks, fmt.Sprintf("T%d_%d", s, i))
			m.WriteString("\n    task " + tasks[len(tasks)-1])
			if i > 0 {
				fmt.Fprintf(&m, " <- T%d_%d.complete", s, i-1)
			}
		}
		fmt.Fprintf(&m, "\n    milestone M%d <- T%d_7.complete", s, s)
	}
	return m.String(), tasks
}

func toTheEnd(b *testing.B, p *cmmn.Program, tasks []string) {
	c := started(b, p)
	for _, id := range tasks {
		task, _ := c.Latest(id)
		execute(b, c, cmmn.Do{Number: task.Number, Transition: cmmn.Complete})
	}
	if c.State() != cmmn.Completed {
		b.Fatalf("the case is %s", c.State())
	}
}

// BenchmarkWeb lets 1,000 items settle in one turn. One case is a chain. The other
// is a web, where each item waits for the 20 before it.
func BenchmarkWeb(b *testing.B) {
	for _, width := range []int{1, 10, 20, 30} {
		b.Run(fmt.Sprintf("waitsfor=%d", width), func(b *testing.B) {
			p := compile(b, parsed(b, web(1_000, width)))
			for b.Loop() {
				b.StopTimer()
				c := started(b, p)
				b.StartTimer()
				execute(b, c, cmmn.Do{Number: 1, Transition: cmmn.Occur})
				if c.State() != cmmn.Completed {
					b.Fatalf("the case is %s", c.State())
				}
			}
		})
	}
}

// web is a case in which each task waits for that many before it.
func web(items, width int) string {
	var m strings.Builder
	m.WriteString("case C\n  user T0")
	for i := 1; i < items; i++ {
		var events []string
		for source := max(0, i-width); source < i; source++ {
			event := "complete"
			if source == 0 {
				event = "occur"
			}
			events = append(events, fmt.Sprintf("T%d.%s", source, event))
		}
		fmt.Fprintf(&m, "\n  task T%d nonblocking <- %s", i, strings.Join(events, " + "))
	}
	return m.String()
}
