// Package resolve makes, in one pure step, all that follows from a lab and a
// roadmap before a host is asked: which tasks this version can do there, the looks
// of each checkpoint, the work of a host, and the waivers. Everything else reads
// that and derives no part of it anew.
package resolve

import (
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// Inputs are what is resolved.
type Inputs struct {
	Lab     *lab.Lab
	Roadmap *roadmap.Roadmap
	// Tasks are what this version carries out; nil takes [task.All].
	Tasks []task.Definition
	// Waivers stand in for proof beside the lab's own.
	Waivers []evidence.Waiver
}

// Resolution is what follows. It is not changed after it was made, and safe for
// concurrent use.
type Resolution struct {
	Lab     *lab.Lab
	Roadmap *roadmap.Roadmap
	Waivers []evidence.Waiver

	definitions []task.Definition
	guards      []task.Guard        // of the definitions that apply
	implemented map[string]bool     // tasks
	looks       map[string][]Look   // of each checkpoint
	tasks       map[string][]string // that rest on each checkpoint
}

// Of resolves a lab. Equal inputs give equal resolutions.
func Of(in Inputs) *Resolution {
	if in.Tasks == nil {
		in.Tasks = task.All()
	}
	r := &Resolution{
		Lab: in.Lab, Roadmap: in.Roadmap, Waivers: slices.Concat(waiversOf(in.Lab), in.Waivers),
		implemented: map[string]bool{}, looks: map[string][]Look{}, tasks: map[string][]string{},
	}
	r.definitions = slices.DeleteFunc(slices.Clone(in.Tasks), func(d task.Definition) bool { return !d.In(in.Lab) })
	r.guards = task.GuardsOf(r.definitions)
	subjects := subjectsOf(in.Lab, r.definitions)
	for _, stage := range in.Roadmap.Stages {
		for _, t := range stage.Tasks {
			r.implemented[t.ID] = r.canDo(t)
			for _, c := range t.Checkpoints {
				r.tasks[c] = append(r.tasks[c], t.ID)
			}
		}
		for _, c := range stage.Checkpoints {
			r.looks[c.ID] = r.looksOf(c, subjects)
		}
	}
	return r
}

// canDo: a task that people do is seen through by looking, one of Cairn's by its
// definition, where that applies in the lab.
func (r *Resolution) canDo(t roadmap.Task) bool {
	if t.Kind == roadmap.Human {
		return t.Available
	}
	return slices.ContainsFunc(r.definitions, func(d task.Definition) bool { return d.ID == t.ID })
}

// Implemented reports whether this version can see a task through in the lab.
func (r *Resolution) Implemented(task string) bool { return r.implemented[task] }

// TasksOf are the tasks that rest on a checkpoint, in the roadmap's order.
func (r *Resolution) TasksOf(checkpoint string) []string { return r.tasks[checkpoint] }

// Managed are the hosts that Cairn changes: all but those it only looks from.
func (r *Resolution) Managed() []lab.Host { return managed(r.Lab) }

func managed(l *lab.Lab) []lab.Host {
	return slices.DeleteFunc(slices.Clone(l.Hosts), lab.Host.OnlyVantage)
}

func waiversOf(l *lab.Lab) []evidence.Waiver {
	var all []evidence.Waiver
	for _, w := range l.Waivers {
		all = append(all, evidence.Waiver{Checkpoint: w.Checkpoint, Reason: w.Reason, Expires: w.Expires})
	}
	return all
}
