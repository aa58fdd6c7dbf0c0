package engine

import (
	"context"
	"fmt"

	"cairn/internal/lab"
	"cairn/internal/task"
)

// closeOldPorts ends the move of SSH servers to another port. A host that was
// changed over its old port listens on both ports. The login that proved the
// change was at the new one.
func (w *walk) closeOldPorts(ctx context.Context, tasks []string) error {
	moving := false
	for _, h := range w.engine.targets() {
		if plan, _ := w.plan.of(h.Name); plan.moves && w.cameByNewPort(h) {
			moving = true
			w.engine.tell(Event{Type: EventProof, Host: h.Name, Outcome: "proven", Text: "the host answers on its new SSH port; the old one is closed next"})
		}
	}
	if !moving {
		return nil
	}
	return w.applyAnew(ctx, tasks)
}

// cameByNewPort reports whether the connection to a host uses the declared port.
func (w *walk) cameByNewPort(h lab.Host) bool {
	session, _ := w.fleet.have(h)
	return session != nil && session.Hello().Facts.SSH.Port == h.Port
}

// sshPortMoves says where SSH will answer from now on.
func (n noteInput) sshPortMoves() []Note {
	if !n.movesPort() {
		return nil
	}
	old, wanted := n.facts.SSH.Port, n.host.Port
	return []Note{{
		Kind: NoteStops,
		Text: fmt.Sprintf("SSH moves from port %d to %d: the host answers on both until a login at %d has worked, then %d is closed.", old, wanted, wanted, old),
		Fix:  fmt.Sprintf("Set Port %d for the host in ~/.ssh/config, and tell everybody else who logs in.", wanted),
	}}
}

// movesPort reports whether the plan for a host is the first half of a move.
func (n noteInput) movesPort() bool {
	return n.policyChanges() && task.Moving(task.Host{Lab: n.lab, Host: n.host, Facts: n.facts})
}
