package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/resource"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// closeGates closes hosts by sshd and the firewall to everybody but the owner,
// whose login is proven first. It does not walk the roadmap.
func (b *bed) closeGates(names ...string) {
	b.t.Helper()
	e := b.engine()
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			if err := b.closeGatesOf(e, b.connector(), name); err != nil {
				b.t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
	if b.t.Failed() {
		b.t.FailNow()
	}
}

// closeGatesOf does so on one host, with the owner's login of the connector.
func (b *bed) closeGatesOf(e *engine.Engine, owner *host.Connector, name string) error {
	session, err := owner.Connect(b.t.Context(), b.host(name), host.Login{User: "root"})
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	key, err := owner.OwnerKey(b.t.Context(), session)
	if err != nil {
		return err
	}
	access, err := guardOf(task.GuardAccess, time.Minute, b.workOn(session, key, task.GuardAccess))
	if err != nil {
		return err
	}
	gate, err := guardOf(task.GuardGate, time.Minute, b.workOn(session, key, task.GuardGate))
	if err != nil {
		return err
	}
	return carryOut(b.t.Context(), e, session, newRun(session, access, gate))
}

// workOn returns the resources of one of the roadmap's guards on the session's
// host.
func (b *bed) workOn(session *host.Session, key host.OwnerKey, guard string) (resources []resource.Resource) {
	for _, work := range task.Of(task.All(), task.Host{Lab: b.lab, Host: session.Host(), Facts: session.Hello().Facts, OwnerKey: key.Line()}) {
		if work.Guard == guard {
			resources = append(resources, work.Resources...)
		}
	}
	return resources
}

// policy is the roadmap's policy for sshd with some options before it. The first
// value of a keyword wins.
func (b *bed) policy(name string, first ...resource.SSHOption) resource.SSHDropin {
	b.t.Helper()
	session, err := b.connector().Connect(b.t.Context(), b.host(name), host.Login{OwnerOnly: true})
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	key, err := b.connector().OwnerKey(b.t.Context(), session)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range b.workOn(session, key, task.GuardGate) {
		if dropin, is := r.(resource.SSHDropin); is {
			dropin.Options = slices.Concat(first, dropin.Options)
			return dropin
		}
	}
	b.t.Fatal("no policy for sshd")
	return resource.SSHDropin{}
}

// guardOf is a guarded change of the resources. As in the engine, a trial login
// tries the gate beforehand.
func guardOf(id string, deadline time.Duration, resources []resource.Resource) (wire.Guard, error) {
	guard := wire.Guard{ID: id, Deadline: deadline, Settle: time.Second, Nonce: rand.Text()}
	if id == task.GuardGate {
		guard.TrialUser, guard.Trials = "ops", []string{task.StagedLogin.Name}
	}
	for _, r := range resources {
		spec, err := resource.Encode(r)
		if err != nil {
			return guard, fmt.Errorf("the test's own resource: %w", err)
		}
		guard.Steps = append(guard.Steps, wire.Step{ID: string(r.Kind()) + " " + r.Key(), Resource: spec})
	}
	return guard, nil
}

// change is a guarded change at the gate.
type change struct {
	run       string        // its id; empty takes a new one
	deadline  time.Duration // from arming to going back
	resources []resource.Resource
}

// make makes the change through an engine, as up does, and returns its error.
func (b *bed) make(ctx context.Context, e *engine.Engine, name string, c change) error {
	session, err := b.connector().Connect(ctx, b.host(name), host.Login{OwnerOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = session.Close() }()
	guard, err := guardOf(task.GuardGate, c.deadline, c.resources)
	if err != nil {
		return err
	}
	run := newRun(session, guard)
	if c.run != "" {
		run.ID = c.run
	}
	return carryOut(ctx, e, session, run)
}

// carryOut has a run carried out. Afterwards it needs none of its connections.
func carryOut(ctx context.Context, e *engine.Engine, session *host.Session, run wire.Run) error {
	proven, err := e.Apply(ctx, session, run)
	if proven != nil {
		_ = proven.Close()
	}
	return err
}

func newRun(session *host.Session, guards ...wire.Guard) wire.Run {
	return wire.Run{ID: newRunID(), Epoch: session.Hello().Epoch, Guards: guards}
}

func newRunID() string { return "guarded-" + strings.ToLower(rand.Text()[:10]) }

// spread hands jobs to the hosts. Each host does one at a time, until none is
// left.
func spread[Job any](names []string, jobs []Job, do func(name string, job Job)) {
	queue := make(chan Job)
	go func() {
		defer close(queue)
		for _, job := range jobs {
			queue <- job
		}
	}()
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			for job := range queue {
				do(name, job)
			}
		})
	}
	all.Wait()
}
