package engine

import "cairn/internal/task"

// noteDocker says which settings of Docker stay as the owner has them, and why Docker
// cannot be set up.
func noteDocker(n noteInput) []Note {
	step, changes := n.changing("docker-daemon ")
	if !changes {
		return nil
	}
	var notes []Note
	if lacks := task.DockerLacks(task.Host{Lab: n.lab, Host: n.host, Facts: n.facts}); lacks != "" {
		notes = append(notes, Note{
			Kind: NoteConflict, Text: lacks,
			Fix: "Move the host to a newer release, or install Docker's own packages: https://docs.docker.com/engine/install/.",
		})
	}
	if there := task.DockerThere(n.facts); there != "" {
		notes = append(notes, Note{Kind: NoteKept, Text: there})
	}
	for _, left := range step.Diff.Left {
		notes = append(notes, Note{Kind: NoteKept, Text: "Docker: " + left + "."})
	}
	return notes
}
