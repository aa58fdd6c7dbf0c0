package engine

import (
	"context"
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/problem"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
)

// CheckReport is what a check found.
type CheckReport struct {
	Records  []evidence.Record `json:"records"`
	Reached  []string          `json:"reached,omitempty"`
	Unproven []string          `json:"unproven,omitempty"`
	Causes   []evidence.Cause  `json:"causes,omitempty"` // of what does not count, each once
}

// CheckOptions narrow a check down. An empty option narrows nothing.
type CheckOptions struct {
	Checkpoints []string // ids
	Probes      []string // names
}

// Check looks again at the named checkpoints, or at all that this version can look
// at, and records the evidence. It changes no host.
func (e *Engine) Check(ctx context.Context, o CheckOptions) (*CheckReport, error) {
	checkpoints, err := e.checkpoints(o.Checkpoints)
	if err != nil {
		return nil, err
	}
	done, err := e.takeLock(ctx, "check")
	if err != nil {
		return nil, err
	}
	defer done()
	f := e.connectAll(ctx, e.places())
	defer f.close()
	var looks []resolve.Look
	for _, c := range checkpoints {
		looks = append(looks, e.concerning(e.resolved.Looks(c.ID))...)
	}
	if len(o.Probes) > 0 {
		looks = slices.DeleteFunc(looks, func(p resolve.Look) bool { return !slices.Contains(o.Probes, p.Probe) })
	}
	report := &CheckReport{}
	if report.Records, err = e.look(ctx, f, looks, e.bansOn(f)); err != nil {
		return nil, err
	}
	report.Causes = evidence.Causes(e.ledger.JudgeAll(resolve.Bare(looks), e.resolved.Waivers, e.now()).Looks)
	up := &UpReport{}
	if e.caseState.started() && e.caseState.atWork() == nil {
		if err := e.advance(ctx, up); err != nil {
			return nil, err
		}
	}
	report.Reached = up.Reached
	for _, c := range checkpoints {
		if !e.judgeTargets(c.ID).Outcome.Counts() {
			report.Unproven = append(report.Unproven, c.ID)
		}
	}
	return report, unproven(report.Unproven)
}

// checkpoints returns the named checkpoints, or all that can be looked at.
func (e *Engine) checkpoints(names []string) ([]roadmap.Checkpoint, error) {
	var found []roadmap.Checkpoint
	for _, stage := range e.roadmap.Stages {
		for _, c := range stage.Checkpoints {
			if e.resolved.CanLook(c) && (len(names) == 0 || slices.Contains(names, c.ID)) {
				found = append(found, c)
			}
		}
	}
	for _, name := range names {
		if slices.ContainsFunc(found, func(c roadmap.Checkpoint) bool { return c.ID == name }) {
			continue
		}
		if _, known := e.roadmap.Checkpoint(name); known {
			return nil, problem.New(problem.LabNotReady, name, "this version of Cairn cannot look at that checkpoint in this lab yet").
				WithFix("`cairn check` alone looks at all that it can")
		}
		return nil, e.noSuch(roadmap.SortCheckpoint, name)
	}
	return found, nil
}
