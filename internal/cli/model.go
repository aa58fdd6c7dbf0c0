package cli

import (
	"fmt"
	"io"
	"os"

	"cairn/internal/cmmn"
	"cairn/internal/engine"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// modelNamed reads the model that the arguments name, or makes the roadmap's. It
// also returns the model's name for messages.
func modelNamed(args []string, w roadmap.Workflow) (*cmmn.Model, string, error) {
	if len(args) == 0 {
		r, err := roadmap.Homelab(task.Implemented)
		if err != nil {
			return nil, "", err
		}
		return r.Model(w), "the roadmap", nil
	}
	data, err := readBounded(args[0])
	if err != nil {
		return nil, "", problem.Wrap(problem.CommandFile, args[0], "the model cannot be read", err)
	}
	m, err := engine.ReadModel(args[0], data, w)
	return m, args[0], err
}

// readBounded reads a file of a reasonable size.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxModel+1))
	if err == nil && len(data) > maxModel {
		return nil, fmt.Errorf("it is larger than %d MiB", maxModel>>20)
	}
	return data, err
}
