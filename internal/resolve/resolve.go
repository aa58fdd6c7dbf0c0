// Package resolve derives, in one pure step, everything that follows from a lab
// and a roadmap before a host is asked. That is: which tasks this version can
// do there, the looks of each checkpoint, the work of a host, and the waivers.
// Other packages read the result and derive no part of it again.
package resolve

import (
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wiring"
)

// Inputs is what gets resolved.
type Inputs struct {
	Lab     *lab.Lab
	Roadmap *roadmap.Roadmap
	// Services are what the lab runs. nil means none.
	Services *wiring.Wiring
	// Tasks are what this version carries out. nil means [task.All].
	Tasks []task.Definition
	// Waivers stand in for proof, in addition to the lab's own.
	Waivers []evidence.Waiver
}

// Resolution is the result. It never changes, and several goroutines may use it
// at once.
type Resolution struct {
	Lab     *lab.Lab
	Roadmap *roadmap.Roadmap
	Waivers []evidence.Waiver
	// Services are what the lab runs; never nil.
	Services *wiring.Wiring

	definitions []task.Definition
	guards      []task.Guard        // of the definitions that apply
	implemented map[string]bool     // tasks
	looks       map[string][]Look   // of each checkpoint
	tasks       map[string][]string // that depend on each checkpoint
}

// Of resolves a lab. Equal inputs give equal resolutions.
func Of(in Inputs) *Resolution {
	if in.Tasks == nil {
		in.Tasks = task.All()
	}
	if in.Services == nil {
		in.Services = &wiring.Wiring{}
	}
	r := &Resolution{
		Lab: in.Services.Open(in.Lab), Services: in.Services, Roadmap: in.Roadmap, Waivers: slices.Concat(waiversOf(in.Lab), in.Waivers),
		implemented: map[string]bool{}, looks: map[string][]Look{}, tasks: map[string][]string{},
	}
	r.definitions = slices.DeleteFunc(slices.Clone(in.Tasks), func(d task.Definition) bool { return !d.In(in.Lab) })
	r.guards = task.GuardsOf(r.definitions)
	subjects := subjectsOf(in.Lab, in.Services, r.definitions)
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

// canDo reports whether this version can see a task through. A human task needs
// checkpoints that can be looked at. A task of Cairn's needs a definition that
// applies in the lab.
func (r *Resolution) canDo(t roadmap.Task) bool {
	if t.Kind == roadmap.Human {
		return t.Available
	}
	return slices.ContainsFunc(r.definitions, func(d task.Definition) bool { return d.ID == t.ID })
}

// Implemented reports whether this version can see a task through in the lab.
func (r *Resolution) Implemented(task string) bool { return r.implemented[task] }

// TasksOf returns the tasks that depend on a checkpoint, in the roadmap's
// order.
func (r *Resolution) TasksOf(checkpoint string) []string { return r.tasks[checkpoint] }

// Managed returns the hosts that Cairn changes: all except those it only looks
// from.
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
