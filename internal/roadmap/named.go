package roadmap

import (
	"fmt"
	"slices"

	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// Sort is what kind of thing an id names.
type Sort string

// The sorts of things that have ids.
const (
	SortStage      Sort = "stage"
	SortTask       Sort = "task"
	SortMilestone  Sort = "milestone"
	SortCheckpoint Sort = "checkpoint"
	SortCriterion  Sort = "criterion"
	SortChallenge  Sort = "challenge"
	SortCode       Sort = "error code"
	SortHost       Sort = "host"
)

// Named is an id and the sort of thing it names.
type Named struct {
	ID   string
	Sort Sort
}

// Names returns the ids of everything in the roadmap, in its order, and of all
// error codes.
func (r *Roadmap) Names() []Named {
	var all []Named
	add := func(sort Sort, id string) { all = append(all, Named{id, sort}) }
	for _, stage := range r.Stages {
		add(SortStage, stage.ID)
		for _, m := range stage.Milestones {
			add(SortMilestone, m.ID)
		}
		for _, c := range stage.Checkpoints {
			add(SortCheckpoint, c.ID)
		}
		for _, c := range slices.Concat(stage.Entry, stage.Exit) {
			add(SortCriterion, c.ID)
		}
		for _, c := range stage.Challenges {
			add(SortChallenge, c.ID)
		}
		for _, t := range stage.Tasks {
			add(SortTask, t.ID)
		}
	}
	for _, entry := range problem.All() {
		add(SortCode, string(entry.Code))
	}
	return all
}

// NoSuch returns the problem that an id names nothing of the wanted sort; an
// empty sort means any. It says what the id names instead, with the command for
// that, or else which name was probably meant.
func (r *Roadmap) NoSuch(wanted Sort, id string, hosts ...string) error {
	names := r.Names()
	for _, host := range hosts {
		names = append(names, Named{host, SortHost})
	}
	var known []string
	for _, name := range names {
		switch {
		case name.Sort == wanted || wanted == "":
			known = append(known, name.ID)
		case name.ID == id:
			return problem.New(problem.LabUnknown, "", fmt.Sprintf("%q is a %s, not a %s", id, name.Sort, wanted)).WithFix(r.wayTo(name))
		}
	}
	where, what := "the roadmap has no ", wanted
	switch wanted {
	case "":
		what = "item"
	case SortHost:
		where = "lab.yaml has no "
	}
	p := problem.New(problem.LabUnknown, "", fmt.Sprintf("%s%s %q", where, what, id))
	if near := spelling.Nearest(id, known); near != "" {
		p.Summary += fmt.Sprintf("; did you mean `%s`?", near)
	}
	if fix := listOf[wanted]; fix != "" {
		p.WithFix(fix)
	}
	return p
}

// listOf says where things of a sort are listed. The catalogue covers the other
// sorts.
var listOf = map[Sort]string{
	SortHost:       "use the name of a host under `hosts` in lab.yaml, or add the host there first",
	SortStage:      "run `cairn export roadmap` for the stages and their names",
	SortCheckpoint: "run `cairn check` without a name to look at all of them, or `cairn status` for their names",
}

// wayTo says which command to use for a thing that was given to the wrong one.
func (r *Roadmap) wayTo(name Named) string {
	switch name.Sort {
	case SortCheckpoint:
		return "a checkpoint is proven by looks: run `cairn check " + name.ID + "`"
	case SortTask:
		return "run `cairn task show " + name.ID + "` for what the task is and what it waits for"
	case SortMilestone:
		return "a milestone is reached when its checkpoints are proven: run `cairn explain " + name.ID + "`"
	case SortHost:
		return "run `cairn host add " + name.ID + "` to meet the host"
	case SortCriterion:
		if r.attested(name.ID) {
			return "attest it yourself with `cairn task attest " + name.ID + " --why TEXT`"
		}
	}
	return "run `cairn explain " + name.ID + "` for what it is"
}

// attested reports whether an attestation makes an exit criterion true.
func (r *Roadmap) attested(id string) bool {
	for _, stage := range r.Stages {
		if slices.ContainsFunc(stage.Exit, func(c Criterion) bool { return c.ID == id && c.Attested }) {
			return true
		}
	}
	return false
}
