package engine

import (
	"bytes"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
	"cairn/internal/cmmn/interchange"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// ReadModel reads a case model: CMMN 1.1 XML, or a roadmap in YAML, from which it
// makes the model for the workflow. name is used in messages.
func ReadModel(name string, data []byte, w roadmap.Workflow) (*cmmn.Model, error) {
	if bytes.HasPrefix(bytes.TrimLeft(data, "\ufeff \t\r\n"), []byte("<")) {
		return interchange.Import(name, data)
	}
	r, err := roadmap.Load(name, data, task.Implemented)
	if err != nil {
		return nil, err
	}
	return r.Model(w), nil
}

// CompileModel turns a model into a runnable program.
func CompileModel(name string, m *cmmn.Model) (*cmmn.Program, error) {
	conditions, err := condition.New()
	if err != nil {
		return nil, err
	}
	p, err := cmmn.Compile(m, conditions)
	if err != nil {
		return nil, problem.Wrap(problem.ModelInvalid, name, "the model cannot be run", err)
	}
	return p, nil
}
