package engine

import "cairn/internal/task"

// noteDocker says what of a Docker stays as its owner has it, and why none can be
// set up.
func noteDocker(n noted) []Note {
	step, changes := n.changing("docker-daemon ")
	if !changes {
		return nil
	}
	var notes []Note
	if step.Problem != "" {
		notes = append(notes, Note{
			Kind: NoteConflict, Text: step.Problem,
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
