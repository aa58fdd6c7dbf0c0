package engine

import (
	"slices"
	"sync"

	"cairn/internal/cmmn"
	"cairn/internal/lab"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
)

// absentHosts are the hosts that a command continues without, each with its first
// reason. Vantages are among them. It is safe for concurrent use.
type absentHosts struct {
	mu  sync.Mutex
	why map[string]error
}

func newAbsentHosts() *absentHosts { return &absentHosts{why: map[string]error{}} }

// out leaves a host out from now on.
func (l *absentHosts) out(host string, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why[host] == nil {
		l.why[host] = why
	}
}

// unreachable leaves out the hosts that a plan could not look at.
func (l *absentHosts) unreachable(p *Plan) {
	for _, h := range p.Hosts {
		if h.err != nil {
			l.out(h.Host, h.err)
		}
	}
}

// any reports whether a host is left out.
func (l *absentHosts) any() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.why) > 0
}

// is reports whether a host is left out.
func (l *absentHosts) is(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why[host] != nil
}

// others are the hosts that are not left out.
func (l *absentHosts) others(hosts []lab.Host) []lab.Host {
	return slices.DeleteFunc(slices.Clone(hosts), func(h lab.Host) bool { return l.is(h.Name) })
}

// all reports whether no host remains.
func (l *absentHosts) all(hosts []lab.Host) bool { return len(hosts) > 0 && len(l.others(hosts)) == 0 }

// err returns why hosts were left out, in their order, or nil.
func (l *absentHosts) err(hosts []lab.Host) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []error
	for _, h := range hosts {
		if why := l.why[h.Name]; why != nil {
			all = append(all, why)
		}
	}
	return together(all)
}

// openWithoutTheRest reports whether only left-out hosts, or a ban by a host, keep
// a task closed. Its stage is open then, and what it waits for holds for all other
// hosts. The case stays as it is, since a task is done only when it holds on all
// hosts.
func (w *walk) openWithoutTheRest(t roadmap.Task) bool {
	if !w.left.any() && !w.bans.any() || w.engine.caseState.item(t.ID).State != cmmn.Available {
		return false
	}
	return !slices.ContainsFunc(t.After, func(id string) bool { return !w.holdsElsewhere(id) })
}

// holdsElsewhere reports whether a milestone or task holds, not counting hosts and
// vantages that are left out or banned.
func (w *walk) holdsElsewhere(id string) bool {
	checkpoints := []string(nil)
	if m, is := w.engine.roadmap.Milestone(id); is {
		checkpoints = m.Checkpoints
	} else if t, is := w.engine.roadmap.Task(id); is {
		checkpoints = t.Checkpoints
	}
	return len(checkpoints) > 0 && !slices.ContainsFunc(checkpoints, func(c string) bool {
		return !w.engine.judge(c, w.withoutTheRest).Outcome.Counts()
	})
}

func (w *walk) withoutTheRest(looks []resolve.Look) []resolve.Look {
	return slices.DeleteFunc(looks, func(l resolve.Look) bool { return w.left.is(l.Host) || w.left.is(l.Vantage) || w.bans.keeps(l.Look) })
}
