package roadmap_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/probe"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

func homelab(t *testing.T) *roadmap.Roadmap {
	t.Helper()
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestChoicesAreThoseOfTheLabFile compares the names and options of choices in the
// lab file with the roadmap's. The default comes first.
func TestChoicesAreThoseOfTheLabFile(t *testing.T) {
	var schema struct {
		Properties struct {
			Choose struct {
				Properties map[string]struct {
					Enum    []string `json:"enum"`
					Default string   `json:"default"`
				} `json:"properties"`
			} `json:"choose"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(lab.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	want, defaults := map[string][]string{}, map[string]string{}
	for name, choice := range schema.Properties.Choose.Properties {
		want[name], defaults[name] = choice.Enum, choice.Default
	}
	got := map[string][]string{}
	for _, c := range homelab(t).Choices {
		if !c.Lab {
			continue
		}
		for _, o := range c.Options {
			got[c.ID] = append(got[c.ID], o.ID)
		}
		if c.Options[0].ID != defaults[c.ID] {
			t.Errorf("%s: the roadmap begins with %s, and the lab file's default is %s", c.ID, c.Options[0].ID, defaults[c.ID])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-lab +roadmap)\n%s", diff)
	}
}

// TestEveryProbeIsThere compares the roadmap's looks with the probes, both ways.
func TestEveryProbeIsThere(t *testing.T) {
	used := map[string]bool{}
	for _, s := range homelab(t).Stages {
		for _, c := range s.Checkpoints {
			for _, p := range c.Probes {
				used[p.Probe] = true
				if _, known := probe.Find(probe.All(), p.Probe); !known {
					t.Errorf("%s: there is no probe %s", c.ID, p.Probe)
				}
			}
		}
	}
	for _, p := range probe.All() {
		if p.Text == "" {
			t.Errorf("the probe %s does not name what it looks at", p.Name)
		}
		if !used[p.Name] {
			t.Errorf("no checkpoint looks with the probe %s", p.Name)
		}
	}
}

// TestWorkIsOnTheRoadmap compares what Cairn carries out with the roadmap's tasks.
func TestWorkIsOnTheRoadmap(t *testing.T) {
	for _, d := range task.All() {
		if known, is := homelab(t).Task(d.ID); !is || known.Kind != roadmap.Process || !known.Available {
			t.Errorf("%s is carried out, and the roadmap has it as %+v", d.ID, known)
		}
	}
}

// TestSubjectsAreThoseOfEvidence compares the words after "about" with the
// subjects that a look can have.
func TestSubjectsAreThoseOfEvidence(t *testing.T) {
	for _, kind := range evidence.SubjectKinds {
		about := strings.Replace(lookingAbout, "KIND", string(kind), 1)
		if _, err := roadmap.Load("about.yaml", []byte(about), task.Implemented); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

const lookingAbout = `roadmap: about
stages:
  - id: ground
    name: Ground
    goal: It stands.
    tasks: [{id: ground.base, name: Base, kind: human, cairn: It looks., checkpoints: [ground.stands]}]
    checkpoints: [{id: ground.stands, name: Stands, text: It does., probes: [{from: host, about: KIND, fresh: 1h, look: [a]}]}]
`
