package engine

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/evidence"
	"cairn/internal/probe"
	"cairn/internal/roadmap"
)

// Explanation is all that can be said of one thing on the roadmap.
type Explanation struct {
	ID          string             `json:"id"`
	Kind        string             `json:"kind"`
	Name        string             `json:"name"`
	Text        string             `json:"text,omitempty"`
	State       string             `json:"state"`            // in CMMN's words; of a checkpoint its outcome
	Word        Word               `json:"word,omitempty"`   // in the owner's words
	Causes      []evidence.Cause   `json:"causes,omitempty"` // why looks under it do not count, each once
	WaitsFor    []string           `json:"waits_for,omitempty"`
	KeptOpenBy  []KeptOpen         `json:"kept_open_by,omitempty"` // of an open stage
	Steps       []string           `json:"steps,omitempty"`
	Checkpoints []CheckpointStatus `json:"checkpoints,omitempty"`
	Challenges  []Challenge        `json:"challenges,omitempty"`
}

// Challenge is a known way to go wrong, with the probes that tell whether it did.
type Challenge struct {
	ID     string      `json:"id"`
	Text   string      `json:"text"`
	Looks  []ProbeText `json:"looks,omitempty"`
	Remedy string      `json:"remedy"`
	Tasks  []string    `json:"tasks"`
}

// ProbeText is a probe and what it looks at.
type ProbeText struct {
	Probe string `json:"probe"`
	Text  string `json:"text"`
}

// challenge shows the probes of a challenge by their own descriptions.
func (v *View) challenge(c roadmap.Challenge) Challenge {
	shown := Challenge{ID: c.ID, Text: c.Text, Remedy: c.Remedy, Tasks: c.Tasks}
	for _, name := range c.Probes {
		if p, known := probe.Find(v.probes, name); known {
			shown.Looks = append(shown.Looks, ProbeText{p.Name, p.Text})
		}
	}
	return shown
}

// Explain finds a stage, task, milestone, checkpoint, criterion, challenge or
// entry of the to-do list by its id.
func (v *View) Explain(id string) (*Explanation, error) {
	x, err := v.find(id)
	if err == nil {
		x.Causes, x.Word = causesUnder(x.Checkpoints), wordFor(x.State)
	}
	return x, err
}

// causesUnder returns why looks under the checkpoints do not count. It is empty if
// nobody has looked yet, which is no failure.
func causesUnder(checkpoints []CheckpointStatus) []evidence.Cause {
	var all []evidence.Verdict
	for _, c := range checkpoints {
		all = append(all, c.Looks...)
	}
	if !slices.ContainsFunc(all, func(v evidence.Verdict) bool { return v.Record != nil }) {
		return nil
	}
	return evidence.Causes(all)
}

// find returns what is known of an id, without the causes.
func (v *View) find(id string) (*Explanation, error) {
	for _, stage := range v.roadmap.Stages {
		if x := v.explainIn(stage, id); x != nil {
			return x, nil
		}
	}
	for _, entry := range v.roadmap.Todo {
		if entry.ID == id {
			return &Explanation{ID: id, Kind: "entry of the to-do list", Name: entry.Name, Text: entry.Text + " " + roadmap.WhereTodo}, nil
		}
	}
	if item, known := find(v.caseState.below(v.Model().Plan), id); known {
		return v.explained(id, item.Kind, item.Name, "The case uses it as a gate. The roadmap does not have it."), nil
	}
	return nil, v.noSuch("", id)
}

// ExplainTask is Explain for tasks alone.
func (v *View) ExplainTask(id string) (*Explanation, error) {
	if _, _, err := v.findTask(id); err != nil {
		return nil, err
	}
	return v.Explain(id)
}

func (v *View) explainIn(stage roadmap.Stage, id string) *Explanation {
	if stage.ID == id {
		x := v.explained(id, "stage", stage.Name, stage.Goal)
		x.KeptOpenBy = v.keepsOpen(id)
		return x
	}
	for _, t := range stage.Tasks {
		if t.ID == id {
			return v.explainTask(stage, t)
		}
	}
	for _, m := range stage.Milestones {
		if m.ID == id {
			x := v.explained(id, "milestone", m.Name, "")
			x.Checkpoints = v.checkpointStatuses(m.Checkpoints)
			return x
		}
	}
	for _, c := range stage.Checkpoints {
		if c.ID == id {
			x := &Explanation{ID: id, Kind: "checkpoint", Name: c.Name, Text: c.Text, State: string(v.Judge(id).Outcome)}
			x.Checkpoints = v.checkpointStatuses([]string{id})
			x.Challenges = v.challengesOf(stage, id)
			return x
		}
	}
	for _, c := range slices.Concat(stage.Entry, stage.Exit) {
		if c.ID == id {
			return v.explainCriterion(c)
		}
	}
	for _, c := range stage.Challenges {
		if c.ID == id {
			return &Explanation{ID: id, Kind: "challenge", Name: c.Text, Challenges: []Challenge{v.challenge(c)}}
		}
	}
	return nil
}

// challengesOf returns what can go wrong with the tasks of a checkpoint.
func (v *View) challengesOf(stage roadmap.Stage, checkpoint string) []Challenge {
	var found []Challenge
	for _, c := range stage.Challenges {
		if slices.ContainsFunc(stage.Tasks, func(t roadmap.Task) bool {
			return slices.Contains(t.Checkpoints, checkpoint) && slices.Contains(c.Tasks, t.ID)
		}) {
			found = append(found, v.challenge(c))
		}
	}
	return found
}

// explainCriterion says who or what makes a criterion true.
func (v *View) explainCriterion(c roadmap.Criterion) *Explanation {
	x := &Explanation{ID: c.ID, Kind: "criterion", Name: c.Text}
	switch {
	case v.caseState.attested(c.ID):
		x.Text = "You gave your word on it."
	case c.Attested:
		x.Text = "Only your word makes it true."
	case c.Every != "":
		x.Text = fmt.Sprintf("All %s of its stage make it true.", c.Every)
	default:
		x.Text = "It is true with: " + strings.Join(c.ProvenBy, ", ") + "."
	}
	return x
}

func (v *View) explained(id, kind, name, text string) *Explanation {
	return &Explanation{ID: id, Kind: kind, Name: name, Text: text, State: v.caseState.state(id), WaitsFor: v.caseState.waitsFor(id)}
}

func (v *View) explainTask(stage roadmap.Stage, t roadmap.Task) *Explanation {
	x := v.explained(t.ID, string(t.Kind)+" task", t.Name, "")
	x.Steps = t.Steps
	x.Checkpoints = v.checkpointStatuses(t.Checkpoints)
	switch {
	case v.byWord(t):
		x.Text = "You do this one, and no probe of this version sees the result. When it is done: cairn task done " + t.ID + " --why TEXT"
	case !v.resolved.Implemented(t.ID):
		x.Text = "Not available yet: this version of Cairn cannot do it."
	}
	for _, c := range stage.Challenges {
		for _, task := range c.Tasks {
			if task == t.ID {
				x.Challenges = append(x.Challenges, v.challenge(c))
			}
		}
	}
	return x
}

func (v *View) checkpointStatuses(ids []string) []CheckpointStatus {
	var all []CheckpointStatus
	for _, id := range ids {
		all = append(all, v.CheckpointStatus(id))
	}
	return all
}
