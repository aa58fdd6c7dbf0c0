package roadmap

import (
	_ "embed"
	"slices"
)

//go:embed homelab.yaml
var homelab []byte

// Homelab returns the built-in roadmap. implemented reports which process tasks
// the program carries out.
func Homelab(implemented func(task string) bool) (*Roadmap, error) {
	return Load("homelab.yaml", homelab, implemented)
}

// Load reads a roadmap and checks that it is consistent. The name is its
// file's, for messages. implemented reports which process tasks the program
// carries out. The error is a problem with the code RoadmapWrong. Its cause is
// all [document.Faults] of the file, or the first fault if the file is not
// YAML.
func Load(name string, data []byte, implemented func(task string) bool) (*Roadmap, error) {
	root, faults := readDocument(data)
	if len(faults) > 0 {
		return nil, problemOf(name, faults)
	}
	b := &builder{}
	r := b.roadmap(newRecord(root, "the roadmap", &b.faults))
	r.index = indexOf(r)
	r.setAvailable(implemented)
	faults = slices.Concat(b.faults, checkNames(b.names), checkReferences(b), checkProbes(b), checkContent(r, b.places()))
	if len(faults) == 0 {
		faults = checkOrder(r, b.places())
	}
	if len(faults) > 0 {
		return nil, problemOf(name, faults)
	}
	return r, nil
}

// setAvailable marks what the program can see through: the process tasks that
// it carries out, and the human tasks whose result it can look at.
func (r *Roadmap) setAvailable(implemented func(task string) bool) {
	for s := range r.Stages {
		for i := range r.Stages[s].Tasks {
			t := &r.Stages[s].Tasks[i]
			if t.Kind == Human {
				t.Available = r.canLook(*t)
			} else {
				t.Available = implemented != nil && implemented(t.ID)
			}
		}
	}
}

// canLook reports whether everything that would prove a task can be looked at.
func (r *Roadmap) canLook(t Task) bool {
	return len(t.Checkpoints) > 0 && !slices.ContainsFunc(t.Checkpoints, func(id string) bool {
		c, _ := r.Checkpoint(id)
		return !c.Available
	})
}
