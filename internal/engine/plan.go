package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/roadmap"
	"cairn/internal/wire"
)

// Plan is what would change, host by host. It holds no secret and can be kept in
// a file.
type Plan struct {
	Lab     string     `json:"lab"`
	LabHash string     `json:"lab_hash"` // SHA-256 of lab.yaml
	Made    time.Time  `json:"made"`
	Took    string     `json:"took"`
	Hosts   []HostPlan `json:"hosts"`
	Only    []string   `json:"only,omitempty"` // the hosts that were asked for, where not all were
	// Fingerprint binds the plan to the lab file and to everything that was seen
	// on the hosts, but not to when that was.
	Fingerprint string `json:"fingerprint"`
}

// HostPlan is what would change on one host.
type HostPlan struct {
	Host    string     `json:"host"`
	Address string     `json:"address"`
	System  string     `json:"system,omitempty"` // its operating system
	Steps   []StepPlan `json:"steps,omitempty"`
	Notes   []Note     `json:"notes,omitempty"`   // what to know before saying yes
	Problem string     `json:"problem,omitempty"` // why it could not be looked at
	moves   bool       // its SSH server goes to another port, and this is the first half
	err     error
}

// StepPlan is one resource and what separates the host from it.
type StepPlan struct {
	ID      string        `json:"id"`
	Task    string        `json:"task"`
	Guard   string        `json:"guard,omitempty"`
	Diff    resource.Diff `json:"diff"`
	Problem string        `json:"problem,omitempty"`
	port    uint16        // where its guard has to let the owner in afterwards
	after   []string      // the steps without which it makes no sense
	spec    resource.Spec
}

// Changes reports whether the step would do anything.
func (s StepPlan) Changes() bool { return s.Problem != "" || !s.Diff.Empty() }

// Changes counts the steps that would change something.
func (p *Plan) Changes() int {
	n := 0
	for _, h := range p.Hosts {
		n += h.changes()
	}
	return n
}

// until is the plan without what later stages do. An empty stage leaves it as it is.
func (p *Plan) until(r *roadmap.Roadmap, stage string) *Plan {
	last := slices.IndexFunc(r.Stages, func(s roadmap.Stage) bool { return s.ID == stage })
	if last < 0 {
		return p
	}
	later := func(s StepPlan) bool {
		return slices.ContainsFunc(r.Stages[last+1:], func(stage roadmap.Stage) bool {
			return slices.ContainsFunc(stage.Tasks, func(t roadmap.Task) bool { return t.ID == s.Task })
		})
	}
	short := *p
	short.Hosts = slices.Clone(p.Hosts)
	for i, h := range short.Hosts {
		short.Hosts[i].Steps = slices.DeleteFunc(slices.Clone(h.Steps), later)
	}
	return &short
}

// Changing counts the hosts on which something would change.
func (p *Plan) Changing() int {
	n := 0
	for _, h := range p.Hosts {
		if h.changes() > 0 {
			n++
		}
	}
	return n
}

// Guarded reports whether any of the changes is made under a guard.
func (p *Plan) Guarded() bool {
	return slices.ContainsFunc(p.Hosts, func(h HostPlan) bool {
		return slices.ContainsFunc(h.Steps, func(s StepPlan) bool { return s.Guard != "" && s.Changes() })
	})
}

// changes counts those of one host.
func (h HostPlan) changes() int {
	n := 0
	for _, s := range h.Steps {
		if s.Changes() {
			n++
		}
	}
	return n
}

// of is the plan of a host; there is none in a plan that was not made.
func (p *Plan) of(host string) (plan HostPlan, found bool) {
	if p == nil {
		return HostPlan{}, false
	}
	for _, h := range p.Hosts {
		if h.Host == host {
			return h, true
		}
	}
	return HostPlan{}, false
}

// Looked counts the resources that were looked at.
func (p *Plan) Looked() int {
	n := 0
	for _, h := range p.Hosts {
		n += len(h.Steps)
	}
	return n
}

// Unreachable are the problems of the hosts that could not be looked at, in order;
// nil where there are none.
func (p *Plan) Unreachable() error {
	var all []error
	for _, h := range p.Hosts {
		if h.err != nil {
			all = append(all, h.err)
		}
	}
	return together(all)
}

// together is one error of several, and one alone as it is.
func together(all []error) error {
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

// Plan looks at every managed host and says what would change. It changes
// nothing.
func (e *Engine) Plan(ctx context.Context) (*Plan, error) {
	if err := e.secrets.open(ctx, e.resolved.Services, false); err != nil {
		return nil, err
	}
	f := e.connectAll(ctx, e.targets())
	defer f.close()
	return e.planOn(ctx, f)
}

func (e *Engine) planOn(ctx context.Context, f *fleet) (*Plan, error) {
	hosts := e.targets()
	started := e.now()
	p := &Plan{Lab: e.lab.Name, LabHash: e.lab.Hash, Made: started.UTC(), Hosts: make([]HostPlan, len(hosts)), Only: e.only}
	index := map[string]int{}
	for i, h := range hosts {
		index[h.Name] = i
	}
	var mu sync.Mutex
	f.each(hosts, func(h lab.Host) {
		planned := e.planHost(ctx, f, h)
		mu.Lock()
		defer mu.Unlock()
		p.Hosts[index[h.Name]] = planned
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	p.Took = e.now().Sub(started).Round(10 * time.Millisecond).String()
	p.Fingerprint = p.fingerprint()
	return p, nil
}

func (e *Engine) planHost(ctx context.Context, f *fleet, h lab.Host) HostPlan {
	plan := HostPlan{Host: h.Name, Address: h.At().String()}
	session, err := f.session(ctx, h)
	if err == nil {
		plan.System = session.Hello().Facts.OS.Name
		err = e.lookAt(ctx, session, &plan)
	}
	if err != nil {
		plan.Problem, plan.err = err.Error(), err
	}
	return plan
}

// lookAt fills in what would change on the session's host, and what to know of it.
func (e *Engine) lookAt(ctx context.Context, session *host.Session, plan *HostPlan) error {
	key, err := e.connector.OwnerKey(ctx, session)
	if err != nil {
		return err
	}
	about := noteInput{lab: e.lab, host: e.resolved.Host(session.Host(), session.Hello().Facts, "").Host, facts: session.Hello().Facts, key: key}
	about.steps, about.survey, err = e.steps(ctx, session, key)
	plan.Steps, plan.Notes, plan.moves = about.steps, about.notes(), about.movesPort()
	return err
}

// steps describes the host's work and has all of it checked in one request, which
// also brings what the owner should know before saying yes.
func (e *Engine) steps(ctx context.Context, session *host.Session, key host.OwnerKey) ([]StepPlan, wire.Survey, error) {
	var steps []StepPlan
	var specs []resource.Spec
	about := e.resolved.Host(session.Host(), session.Hello().Facts, key.Line())
	about.Secrets = e.secrets.values
	for _, work := range e.resolved.Work(about) {
		var after []string
		for _, r := range work.After {
			after = append(after, stepID(r))
		}
		for _, r := range work.Resources {
			spec, err := resource.Encode(r)
			if err != nil {
				return nil, wire.Survey{}, problem.Wrap(problem.ResourceBad, session.Host().Name, stepID(r)+" cannot be described", err)
			}
			steps = append(steps, StepPlan{ID: stepID(r), Task: work.Task, Guard: work.Guard, port: work.Port, after: after, spec: spec})
			specs = append(specs, spec)
		}
	}
	checked, survey, err := session.Survey(ctx, specs)
	if err != nil {
		return nil, survey, err
	}
	for i, c := range checked {
		steps[i].Diff = c.Diff
		if c.Failure != nil {
			steps[i].Problem = failureText(c.Failure)
		}
	}
	return steps, survey, nil
}

func stepID(r resource.Resource) string { return string(r.Kind()) + " " + r.Key() }

func failureText(f *wire.Failure) string {
	if f.Cause == "" {
		return f.Summary
	}
	return f.Summary + ": " + f.Cause
}

func (p *Plan) fingerprint() string {
	still := *p
	still.Made, still.Took, still.Fingerprint = time.Time{}, "", ""
	still.Hosts = slices.Clone(p.Hosts)
	for i := range still.Hosts {
		still.Hosts[i].Notes = nil // they are about the host's owner and change nothing
	}
	body, err := json.Marshal(still)
	if err != nil {
		panic("engine: a plan of strings and numbers cannot fail to encode: " + err.Error())
	}
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}
