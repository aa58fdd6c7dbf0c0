package roadmap

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// counts are the number of items of each kind in the roadmap with which Cairn
// began. They were counted there by hand: 7, 7 and 8 tasks in its three phases,
// and so on.
var counts = map[string]int{
	"stage": 3 + 1, "entry": 3 + 1 + 1, "exit": 5 + 6 + 6,
	"task": 7 + 7 + 8, "step": 14 + 21 + 22, "dependency": 7 + 11 + 13, "estimate": 7 + 7 + 8, "milestone": 4 + 6 + 7,
	"checkpoint": 5 + 7 + 7, "challenge": 4 + 6 + 6, "option": 12 + 27 + 26, "improvement": 6, "todo": 4 + 4 + 3 + 2 + 3 + 4,
}

// item is a line of the index.
type item struct {
	kind, label string
	paths       []string
}

func readIndex(t *testing.T) []item {
	t.Helper()
	data, err := os.ReadFile("testdata/index.txt")
	if err != nil {
		t.Fatal(err)
	}
	var items []item
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, " | ")
		if len(fields) != 3 {
			t.Fatalf("%q has not three fields", line)
		}
		items = append(items, item{fields[0], fields[1], strings.Fields(fields[2])})
	}
	return items
}

func TestIndexCounts(t *testing.T) {
	got := map[string]int{}
	for _, i := range readIndex(t) {
		got[i.kind]++
	}
	if diff := cmp.Diff(counts, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestIndexIsComplete checks both directions. All items of the index are in the
// roadmap, with the same kind. All of the roadmap is in the index, except for
// Cairn's additions.
func TestIndexIsComplete(t *testing.T) {
	carriers := carriersOf(load(t))
	indexed := map[string]bool{}
	for _, i := range readIndex(t) {
		for _, path := range i.paths {
			indexed[path] = true
			if kinds, there := carriers[path]; !there {
				t.Errorf("%s %q: homelab.yaml has no %s, or it is marked ours", i.kind, i.label, path)
			} else if !slices.Contains(kinds, i.kind) {
				t.Errorf("%s %q: %s carries %v", i.kind, i.label, path, kinds)
			}
		}
	}
	for path := range carriers {
		if !indexed[path] {
			t.Errorf("homelab.yaml has %s, which is neither in the index nor marked ours", path)
		}
	}
}

// TestMilestonesKeepTheirNames checks the names that the index quotes.
func TestMilestonesKeepTheirNames(t *testing.T) {
	r := load(t)
	for _, i := range readIndex(t) {
		if m, _ := r.Milestone(i.paths[0]); i.kind == "milestone" && m.Name != i.label {
			t.Errorf("%s is called %q, not %q", i.paths[0], m.Name, i.label)
		}
	}
}

// carriers are the paths of everything that is not Cairn's addition, with the
// kinds of items that each can carry.
type carriers map[string][]string

func carriersOf(r *Roadmap) carriers {
	all := carriers{}
	for _, s := range r.Stages {
		all[s.ID] = []string{"stage"}
		for _, t := range s.Tasks {
			all.task(r, t)
		}
		all.stage(s)
	}
	for _, c := range r.Choices {
		for _, o := range c.Options {
			all.add(o.Ours, c.ID+"/"+o.ID, "option")
		}
	}
	for _, t := range r.Todo {
		all[t.ID] = []string{"todo"}
	}
	return all
}

func (all carriers) add(ours bool, path string, kinds ...string) {
	if !ours {
		all[path] = kinds
	}
}

func (all carriers) stage(s Stage) {
	for _, m := range s.Milestones {
		all.add(m.Ours, m.ID, "milestone")
	}
	for _, c := range s.Checkpoints {
		all.add(c.Ours, c.ID, "checkpoint")
	}
	for _, c := range s.Challenges {
		all[c.ID] = []string{"challenge"}
	}
	for _, c := range s.Entry {
		all.add(c.Ours, c.ID, "entry", "dependency")
	}
	for _, c := range s.Exit {
		all.add(c.Ours, c.ID, "exit")
	}
}

func (all carriers) task(r *Roadmap, t Task) {
	if t.Ours {
		return
	}
	kind := "task"
	if t.Repeats != "" {
		kind = "improvement"
	}
	all[t.ID] = []string{kind}
	for i := range t.Steps {
		all[fmt.Sprintf("%s#steps[%d]", t.ID, i)] = []string{"step"}
	}
	for i, id := range t.After {
		m, _ := r.Milestone(id)
		before, _ := r.Task(id)
		all.add(m.Ours || before.Ours, fmt.Sprintf("%s#after[%d]", t.ID, i), "dependency")
	}
	for i := range t.Needs {
		all[fmt.Sprintf("%s#needs[%d]", t.ID, i)] = []string{"dependency"}
	}
	if t.When != nil {
		all[t.ID+"#when"] = []string{"task"}
	}
	if t.Estimate != (Estimate{}) {
		all[t.ID+"#estimate"] = []string{"estimate"}
	}
}
