package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/probe"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wiring"
)

// greetingRoadmap has one task, which only this file carries out.
const greetingRoadmap = `roadmap: greeting
stages:
  - id: ground
    name: Ground
    goal: It greets.
    tasks:
      - id: ground.greeting
        name: A Greeting
        kind: process
        cairn: Cairn puts a greeting down, guarded.
        checkpoints: [ground.greets]
        milestone: {id: ground.greeted, name: Greeted}
    checkpoints:
      - id: ground.greets
        name: The service greets
        text: Who connects is greeted.
        probes: [{from: controller, about: service, fresh: 1h, look: [greets]}]
`

// greetArguments are the arguments of the probe.
type greetArguments struct {
	Port uint16 `json:"port"`
	With string `json:"with"`
}

// greeting is a task with a guard, a trial and a subject of its own. Its service
// greets; the host's SSH server stands in for it.
func greeting(text, with string, trial func(ctx context.Context, on task.Ground) error) task.Definition {
	return task.Definition{
		ID: "ground.greeting",
		Guards: []task.Guard{{ID: "greeting", Deadline: 20 * time.Second, Trials: []task.Trial{
			{Name: "greets", When: task.After, Try: trial, Worked: "it greets", Failed: "nobody is greeted"},
		}}},
		Work: func(task.Host) []task.Work {
			return []task.Work{{Guard: "greeting", Resources: []resource.Resource{resource.File{Path: "/etc/greeting", Content: resource.Inline(text), Mode: 0o644}}}}
		},
		Subjects: func(l *lab.Lab, _ *wiring.Wiring) []task.Subject {
			return []task.Subject{{
				Subject: evidence.Subject{Kind: evidence.AboutService, Name: "greeter"}, Host: l.Hosts[0].Name,
				Arguments: map[string]any{"greets": greetArguments{Port: 22, With: with}},
			}}
		},
	}
}

// TestRoomForATask defines a task with its guard, trial, probe and a look about a
// service in this file alone. Nothing in the engine or on the host knows them.
func TestRoomForATask(t *testing.T) {
	b := newBed(t, "atlas")
	b.closeGates("atlas")
	works := func(ctx context.Context, on task.Ground) error {
		conn, err := on.Dial(ctx, "tcp", netip.AddrPortFrom(on.Host().Address, 22).String())
		if err != nil {
			return err
		}
		return conn.Close()
	}
	up := func(d task.Definition) (*engine.Engine, error) {
		definitions := []task.Definition{d}
		r, err := roadmap.Load("greeting.yaml", []byte(greetingRoadmap), task.ImplementedBy(definitions))
		if err != nil {
			t.Fatal(err)
		}
		e, err := engine.Open(t.Context(), engine.Options{
			Lab: b.lab, Roadmap: r, Connector: b.connector(), Now: time.Now, Progress: b.take, Tasks: definitions,
			Probes: []probe.Probe{{Name: "greets", Outside: true, Look: probe.Taking(lookForGreeting)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		_, err = e.Up(t.Context(), engine.UpOptions{})
		return e, err
	}

	if _, err := up(greeting("wrong\n", "SSH", func(context.Context, task.Ground) error { return errors.New("it is dumb") })); problem.CodeOf(err) != problem.GuardRolledBack ||
		!strings.Contains(fmt.Sprint(err), "nobody is greeted: it is dumb") {
		t.Errorf("with a trial that fails, up ended with %v", err)
	}
	if found := b.run("atlas", "ls /etc/greeting 2>&1 || true"); !strings.Contains(found, "No such file") {
		t.Errorf("after a failed trial: %s", found)
	}
	e, err := up(greeting("hello\n", "SSH", works))
	if err != nil {
		t.Fatal(err)
	}
	looks := e.CheckpointStatus("ground.greets").Looks
	if len(looks) != 1 || looks[0].Outcome != evidence.Proven || looks[0].Look.About() != "service greeter on atlas" {
		t.Errorf("the look is judged %+v", looks)
	}
	if m := e.Status().Stages[0].Milestones[0]; m.Reached == nil {
		t.Errorf("%+v is not reached", m)
	}
	var records []evidence.Record
	err = e.Evidence(t.Context(), func(r evidence.Record) error { records = append(records, r); return nil })
	if err != nil || len(records) != 1 || records[0].Subject.Name != "greeter" || records[0].Arguments != `{"port":22,"with":"SSH"}` {
		t.Errorf("exported are %+v, %v", records, err)
	}
	// Other arguments make it another look, so the old proof does not count for it.
	e, err = up(greeting("hello\n", "Bonjour", works))
	if problem.CodeOf(err) != problem.RunUnproven {
		t.Errorf("another greeting: %v", err)
	}
	if j := e.Judge("ground.greets"); j.Outcome != evidence.Refuted {
		t.Errorf("another greeting is %+v", j)
	}
}

// lookForGreeting connects and reads one line.
func lookForGreeting(ctx context.Context, from probe.Vantage, target probe.Target, arguments greetArguments) probe.Finding {
	conn, err := from.Dial(ctx, "tcp", netip.AddrPortFrom(target.Host.Address, arguments.Port).String())
	if err != nil {
		return probe.Finding{Outcome: evidence.Unproven, Reason: err.Error()}
	}
	defer func() { _ = conn.Close() }()
	line, err := firstLine(conn)
	switch {
	case err != nil:
		return probe.Finding{Outcome: evidence.Unproven, Reason: err.Error()}
	case !strings.HasPrefix(line, arguments.With):
		return probe.Finding{Outcome: evidence.Refuted, Reason: target.Subject.String() + " says " + line}
	}
	return probe.Finding{Outcome: evidence.Proven}
}

func firstLine(conn net.Conn) (string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}
