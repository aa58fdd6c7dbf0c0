package engine

import (
	"context"
	"errors"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// ReleaseReport says what a release restores on a host, or has restored.
type ReleaseReport struct {
	Host     string   `json:"host"`
	Back     []string `json:"back,omitempty"` // resources, as plans name them
	Left     []string `json:"left,omitempty"` // what stays, in words
	Released bool     `json:"released"`       // the release is done, and the owner's login was proven
}

// Release restores on a host what Cairn changed there, under a guard like any other
// change that could lock the owner out. The owner's user, key and sudo stay.
// consent is called before any change; nil means that consent is given.
func (e *Engine) Release(ctx context.Context, h lab.Host, consent func(*ReleaseReport) (bool, error)) (report *ReleaseReport, err error) {
	err = e.onOne(ctx, "host release", h, func(session *host.Session) error {
		report, err = e.releaseOn(ctx, session, consent)
		return err
	})
	return report, err
}

// releaseOn is [Engine.Release] over a session.
func (e *Engine) releaseOn(ctx context.Context, session *host.Session, consent func(*ReleaseReport) (bool, error)) (*ReleaseReport, error) {
	step, err := e.releaseStep(ctx, session)
	if err != nil {
		return nil, err
	}
	report := &ReleaseReport{Host: session.Host().Name, Left: step.Diff.Left}
	for _, c := range step.Diff.Changes {
		report.Back = append(report.Back, c.Property)
	}
	if len(report.Back) == 0 {
		return report, nil
	}
	if consent != nil {
		if yes, err := consent(report); err != nil || !yes {
			return report, err
		}
	}
	if err := e.release(ctx, session, step); err != nil {
		return report, err
	}
	report.Released = true
	return report, nil
}

// releaseStep describes the release of the session's host, and finds out what it
// would do.
func (e *Engine) releaseStep(ctx context.Context, session *host.Session) (StepPlan, error) {
	h := session.Host()
	key, err := e.connector.OwnerKey(ctx, session)
	if err != nil {
		return StepPlan{}, err
	}
	steps, _, err := e.steps(ctx, session, key)
	if err != nil {
		return StepPlan{}, err
	}
	r := resource.Release{Host: h.Name}
	for _, s := range steps {
		if s.Guard != task.GuardAccess {
			r.Parts = append(r.Parts, s.spec)
		}
	}
	spec, err := resource.Encode(r)
	if err != nil {
		return StepPlan{}, problem.Wrap(problem.ResourceBad, h.Name, "the release cannot be described", err)
	}
	checked, err := session.Check(ctx, []resource.Spec{spec})
	if err != nil {
		return StepPlan{}, err
	}
	if f := checked[0].Failure; f != nil {
		return StepPlan{}, problem.Wrap(problem.Code(f.Code), h.Name, f.Summary, errors.New(f.Cause))
	}
	return StepPlan{ID: stepID(r), Guard: task.GuardRelease, Diff: checked[0].Diff, spec: spec}, nil
}

// release carries out the step and proves that the owner still gets in.
func (e *Engine) release(ctx context.Context, session *host.Session, s StepPlan) error {
	guard := guardOn(session.Host(), task.ReleaseGuard)
	guard.Steps = []wire.Step{step(s)}
	run := wire.Run{ID: e.command + "-1", Epoch: session.Hello().Epoch + 1, Lab: e.lab.Name, Guards: []wire.Guard{guard}}
	proven, err := e.Apply(ctx, session, run)
	if proven != nil {
		err = errors.Join(err, proven.Close())
	}
	return err
}
