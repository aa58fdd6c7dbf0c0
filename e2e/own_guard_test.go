package e2e

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// movesTo is a task that nothing in the program knows. It is a guarded change with
// a check of its own on the host. Its trial is at an address that the host does
// not have yet.
func movesTo(address netip.Addr) task.Definition {
	moved := resource.File{Path: "/etc/moved", Content: resource.Inline("to another address\n"), Mode: 0o644}
	return task.Definition{
		ID: task.HostBase,
		Guards: []task.Guard{{
			ID: "move", Deadline: time.Minute,
			Checks: []wire.GuardCheck{{Name: wire.CheckCommand, Args: []string{"grep", "-q", "another address", moved.Path}}},
			Trials: []task.Trial{task.LoginAt("login-at-new-address", func(h lab.Host) task.Door {
				return task.Door{Address: address, Port: h.Port, User: h.User}
			})},
		}},
		Work: func(task.Host) []task.Work {
			return []task.Work{{Guard: "move", Resources: []resource.Resource{moved}}}
		},
	}
}

// TestATaskBringsItsOwnGuard checks that a change stays if the owner gets in at
// the new address. It is put back if nobody answers there. Neither the engine nor
// the agent has code for this guard.
func TestATaskBringsItsOwnGuard(t *testing.T) {
	b := newBed(t, "atlas")
	b.lab.Hosts[0].User = "root" // the throw-away host lets root in from the beginning
	as4 := b.host("atlas").Address.As4()
	as4[3] += 100
	address := netip.AddrFrom4(as4)
	up := func() error {
		e, err := engine.Open(t.Context(), engine.Options{
			Lab: b.lab, Roadmap: b.roadmap, Connector: b.connector(), Login: host.Login{User: "root"}, Now: time.Now, Progress: b.take,
			Tasks: []task.Definition{movesTo(address)},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		_, err = e.Up(t.Context(), engine.UpOptions{})
		return err
	}
	told := func(typ wire.EventType) bool {
		return slices.ContainsFunc(b.seen(), func(e engine.Event) bool { return e.Type == string(typ) && e.Guard == "move" })
	}

	if err := up(); problem.CodeOf(err) != problem.GuardRolledBack || !strings.Contains(err.Error(), address.String()) {
		t.Errorf("where nobody answers, up ended with %v", err)
	}
	if left := b.run("atlas", "ls /etc/moved 2>/dev/null || true"); left != "" || told(wire.GuardConfirmed) {
		t.Errorf("confirmed: %v, and there is %q", told(wire.GuardConfirmed), left)
	}
	b.run("atlas", "ip address add "+address.String()+"/24 dev eth0")
	if err := up(); problem.CodeOf(err) == problem.GuardRolledBack || !told(wire.GuardPersisted) {
		t.Errorf("where the host answers, up ended with %v", err)
	}
	if left := b.run("atlas", "cat /etc/moved"); left != "to another address\n" {
		t.Errorf("there is %q", left)
	}
}
