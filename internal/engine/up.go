package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
	"cairn/internal/wire"
)

// UpOptions say how far to go, and with whose consent.
type UpOptions struct {
	// Consent is asked once, with the plan, before any change. Nil means consent.
	Consent func(*Plan) (bool, error)
	// Bound is a plan made earlier. If the plan differs now, Up refuses.
	Bound *Plan
	// Until is the id of a stage. Tasks of later stages are left alone. Empty means
	// all stages.
	Until string
}

// UpReport is what became of it.
type UpReport struct {
	Plan     *Plan    `json:"plan"`
	Consent  bool     `json:"consent"`
	Applied  []string `json:"applied,omitempty"`  // tasks that were carried out
	Reached  []string `json:"reached,omitempty"`  // milestones reached by this command
	Unproven []string `json:"unproven,omitempty"` // checkpoints of those tasks that do not count
	// Causes say why looks at those do not count, each cause once.
	Causes []evidence.Cause `json:"causes,omitempty"`
	// RoundTrips is how often the connection to each host waited for an answer, logins
	// included.
	RoundTrips map[string]int `json:"round_trips"`
	// Hosts say what became of each host, whether the command worked or not.
	Hosts []HostOutcome `json:"hosts"`
}

// Up brings the lab's hosts to what the lab declares, task by task as the case
// opens them, and proves each task before the next. First it completes work that
// an earlier controller left on a host. Hosts are handled at the same time.
func (e *Engine) Up(ctx context.Context, o UpOptions) (*UpReport, error) {
	if err := ValidUntil(e.roadmap, o.Until); err != nil {
		return nil, err
	}
	done, err := e.takeLock(ctx, "up")
	if err != nil {
		return nil, err
	}
	defer done()
	if err := e.caseState.atWork(); err != nil {
		return nil, err
	}
	if err := e.secrets.open(ctx, e.resolved.Services, true); err != nil {
		return nil, err
	}
	e.outcomes = newOutcomes()
	f := e.connectAll(ctx, e.targets())
	defer f.close()
	report := &UpReport{}
	defer func() {
		report.RoundTrips = f.roundTrips()
		report.Hosts = e.outcomes.result(e.targets(), report.Plan)
	}()
	return report, e.upOn(ctx, f, o, report)
}

// ValidUntil refuses a stage that the roadmap does not have. Empty means no stage.
func ValidUntil(r *roadmap.Roadmap, stage string) error {
	if stage == "" || slices.ContainsFunc(r.Stages, func(s roadmap.Stage) bool { return s.ID == stage }) {
		return nil
	}
	return r.NoSuch(roadmap.SortStage, stage)
}

func (e *Engine) upOn(ctx context.Context, f *fleet, o UpOptions, report *UpReport) error {
	left := newAbsentHosts()
	if err := e.finishRuns(ctx, f, left); err != nil {
		return err
	}
	if err := e.outdate(ctx, e.journal); err != nil {
		return err
	}
	plan, err := e.planOn(ctx, f)
	if err != nil {
		return err
	}
	plan = plan.until(e.roadmap, o.Until)
	report.Plan = plan
	if err := bound(o.Bound, plan); err != nil {
		return err
	}
	left.unreachable(plan)
	if left.all(e.targets()) {
		return left.err(e.targets())
	}
	if report.Consent, err = consent(o, plan); err != nil || !report.Consent {
		return err
	}
	w := &walk{engine: e, fleet: f, plan: plan, report: report, until: o.Until, done: map[string]bool{}, left: left, joined: joinedTasks{}}
	return errors.Join(w.run(ctx), e.keepImages(ctx, f))
}

func bound(before, now *Plan) error {
	if before != nil && before.Fingerprint != now.Fingerprint {
		return problem.New(problem.RunStalePlan, "", fmt.Sprintf(
			"the plan of %s no longer fits: lab.yaml or a host changed since", before.Made.Format("2006-01-02 15:04:05 MST")))
	}
	return nil
}

// consent is not asked for where there is nothing to change.
func consent(o UpOptions, plan *Plan) (bool, error) {
	if o.Consent == nil || plan.Changes() == 0 {
		return true, nil
	}
	return o.Consent(plan)
}

// walk is one way through the roadmap.
type walk struct {
	engine *Engine
	fleet  *fleet
	plan   *Plan
	report *UpReport
	until  string
	done   map[string]bool // tasks this walk has dealt with
	left   *absentHosts
	bans   bans
	joined joinedTasks
	took   durations
	rounds int
}

// run continues as long as the case opens something new.
func (w *walk) run(ctx context.Context) error {
	w.bans.learn(w.plan)
	if err := w.engine.caseState.start(ctx, w.engine); err != nil {
		return err
	}
	if err := w.engine.advance(ctx, w.report); err != nil {
		return err
	}
	for {
		tasks := w.due()
		if len(tasks) == 0 || w.left.all(w.engine.targets()) {
			return w.verdict()
		}
		if err := w.round(ctx, tasks); err != nil {
			return err
		}
	}
}

// due returns the tasks to handle now. These are the open ones, completed ones
// from which a host has drifted, and those that only a left-out host keeps closed.
func (w *walk) due() []roadmap.Task {
	var due []roadmap.Task
	for _, t := range w.tasks() {
		if !w.done[t.ID] && w.isDue(t) {
			due = append(due, t)
		}
	}
	return due
}

// tasks returns those that this version can do, up to the stage at which the walk
// ends, in the roadmap's order.
func (w *walk) tasks() []roadmap.Task {
	var all []roadmap.Task
	for _, stage := range w.engine.roadmap.Stages {
		for _, t := range stage.Tasks {
			if w.engine.resolved.Implemented(t.ID) {
				all = append(all, t)
			}
		}
		if stage.ID == w.until {
			break
		}
	}
	return all
}

func (w *walk) isDue(t roadmap.Task) bool {
	c := w.engine.caseState
	return c.open(t.ID) || c.completed(t.ID) && (w.changes(t.ID) || !w.engine.counts(t)) || w.openWithoutTheRest(t)
}

func (w *walk) changes(task string) bool {
	for _, h := range w.plan.Hosts {
		if slices.ContainsFunc(h.Steps, func(s StepPlan) bool { return s.Task == task && s.Changes() }) {
			return true
		}
	}
	return false
}

// round carries the tasks out on all hosts, looks at the result, and advances the
// case.
func (w *walk) round(ctx context.Context, tasks []roadmap.Task) error {
	w.rounds++
	var err error
	if w.rounds == 1 {
		w.took, err = w.engine.durations(ctx)
	} else {
		err = w.replan(ctx)
	}
	if err != nil {
		return err
	}
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.ID)
		w.done[t.ID] = true
		w.engine.tell(Event{Type: EventTaskOpen, Task: t.ID, Text: t.Name})
	}
	w.tellLeft(ids, false)
	changed, err := w.applyAll(ctx, ids)
	if err == nil {
		err = w.closeOldPorts(ctx, ids)
	}
	if err != nil {
		return err
	}
	if err := w.engine.outdate(ctx, w.engine.journal); err != nil {
		return err
	}
	if w.left.all(w.engine.targets()) {
		return nil
	}
	if changed || w.joined.any(ids) {
		w.report.Applied = append(w.report.Applied, ids...)
	}
	w.tellLeft(ids, true)
	if err := w.prove(ctx, tasks, changed, w.tellBans(ids)); err != nil {
		return err
	}
	return w.engine.advance(ctx, w.report)
}

// replan looks again, because the hosts may have changed since the last plan.
func (w *walk) replan(ctx context.Context) error {
	plan, err := w.engine.planOn(ctx, w.fleet)
	if err != nil {
		return err
	}
	w.left.unreachable(plan)
	w.plan = plan
	w.bans.learn(plan)
	return nil
}

// apply has each host do its part, together with the followers that join. A host
// that fails is left out from then on and does not hinder others. If it failed
// with a joined change, its own part is to be done alone.
func (w *walk) apply(ctx context.Context, tasks, followers []string) (changed, alone bool, err error) {
	epoch := w.epoch()
	id := fmt.Sprintf("%s-%d", w.engine.command, w.rounds)
	var mu sync.Mutex
	w.fleet.each(w.left.others(w.engine.targets()), func(h lab.Host) {
		plan, _ := w.plan.of(h.Name)
		joining := plan.joining(tasks, followers)
		run, any := w.engine.runFor(id, epoch, plan, h, tasks, joining)
		if !any {
			return
		}
		err := w.applyOn(ctx, h, run)
		mu.Lock()
		defer mu.Unlock()
		changed = true
		switch {
		case err == nil:
			w.joined.add(h.Name, joining)
		case len(joining) > 0 && w.undidJoined(h.Name, run, joining):
			alone = true
		default:
			w.left.out(h.Name, err)
		}
	})
	return changed, alone, ctx.Err()
}

func (w *walk) applyOn(ctx context.Context, h lab.Host, run wire.Run) error {
	session, err := w.fleet.session(ctx, h)
	if err != nil {
		return err
	}
	proven, err := w.engine.Apply(ctx, session, run)
	if err != nil || len(run.Guards) == 0 {
		return err
	}
	// The host may no longer accept the old connection.
	return w.fleet.renew(ctx, h, proven)
}

// epoch is higher than any epoch that a host of the lab has seen. A controller
// that was thought dead cannot continue beside this one.
func (w *walk) epoch() uint64 {
	w.fleet.mu.Lock()
	defer w.fleet.mu.Unlock()
	var highest uint64
	for _, session := range w.fleet.open {
		highest = max(highest, session.Hello().Epoch)
	}
	return highest + uint64(w.rounds)
}

// prove takes the looks that the tasks' checkpoints lack: all of them if something
// was just changed, otherwise those that are missing or no longer count, and those
// that have become possible.
func (w *walk) prove(ctx context.Context, tasks []roadmap.Task, changed bool, again []resolve.Look) error {
	looks := again
	seen := map[string]bool{}
	for _, t := range tasks {
		for _, id := range t.Checkpoints {
			c, known := w.engine.roadmap.Checkpoint(id)
			if !known || !c.Available || seen[id] {
				continue
			}
			seen[id] = true
			looks = append(looks, w.engine.missing(c, changed)...)
		}
	}
	// Evidence about a left-out host stays as it was, unless a change there outdated
	// it.
	looks = slices.DeleteFunc(looks, func(l resolve.Look) bool { return w.left.is(l.Host) })
	if _, err := w.engine.look(ctx, w.fleet, looks, &w.bans); err != nil {
		return err
	}
	w.fleet.unreachable(w.left)
	looked := slices.DeleteFunc(w.left.others(w.engine.targets()), func(h lab.Host) bool { return w.joined.waits(h.Name, w.done) })
	w.engine.outcomes.proven(looked)
	return nil
}

// missing returns the looks of a checkpoint that do not count now, or all of them.
func (e *Engine) missing(c roadmap.Checkpoint, all bool) []resolve.Look {
	looks := e.resolved.Looks(c.ID)
	if all {
		return looks
	}
	return slices.DeleteFunc(looks, func(p resolve.Look) bool {
		return e.ledger.Judge(p.Look, e.resolved.Waivers, e.now()).Outcome.Counts()
	})
}

// verdict is an error if a host was left out, or if a checkpoint of a handled task
// does not count.
func (w *walk) verdict() error {
	for _, stage := range w.engine.roadmap.Stages {
		for _, t := range stage.Tasks {
			if w.done[t.ID] {
				w.report.Unproven = append(w.report.Unproven, failing(t, w.engine.judgeTargets)...)
			}
		}
	}
	slices.Sort(w.report.Unproven)
	w.report.Unproven = slices.Compact(w.report.Unproven)
	w.report.Causes = w.engine.causes(w.report.Unproven)
	if err := w.left.err(w.engine.targets()); err != nil {
		return err
	}
	return unproven(w.report.Unproven)
}

// causes says why looks at checkpoints do not count, on the hosts that were asked
// for.
func (e *Engine) causes(checkpoints []string) []evidence.Cause {
	var all []evidence.Verdict
	for _, id := range checkpoints {
		all = append(all, e.judgeTargets(id).Looks...)
	}
	return evidence.Causes(all)
}

func unproven(checkpoints []string) error {
	switch len(checkpoints) {
	case 0:
		return nil
	case 1:
		return problem.New(problem.RunUnproven, "", "the checkpoint "+checkpoints[0]+" is not proven").
			WithFix("run `cairn explain " + checkpoints[0] + "`")
	}
	return problem.New(problem.RunUnproven, "", fmt.Sprintf("%d checkpoints are not proven, the first is %s", len(checkpoints), checkpoints[0])).
		WithFix("run `cairn explain " + checkpoints[0] + "`")
}
