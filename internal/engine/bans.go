package engine

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/probe"
	"cairn/internal/resolve"
	"cairn/internal/resource"
)

// bans tracks why hosts cannot be looked at: programs there ban addresses and do
// not yet spare the places that Cairn looks from. It is safe for concurrent use.
type bans struct {
	mu     sync.Mutex
	untold map[string][]string    // the programs, by host
	shut   map[evidence.Look]bool // that could not be taken because of it
	// ask returns the programs of a host that untold does not name. It is nil if
	// untold names all.
	ask func(ctx context.Context, host string) []string
}

// learn notes which programs of a plan still need the exemption.
func (b *bans) learn(p *Plan) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.untold = map[string][]string{}
	for _, h := range p.Hosts {
		b.untold[h.Host] = h.untold()
	}
}

// untold returns the programs on the host that ban addresses and still need the
// exemption.
func (p HostPlan) untold() []string {
	var programs []string
	for _, s := range p.Steps {
		if program := s.exempts(); program != "" && s.Changes() {
			programs = append(programs, program)
		}
	}
	return programs
}

// tell notes that the programs of a host now know which addresses to spare.
func (b *bans) tell(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.untold, host)
}

// lifted reports once whether a look that was impossible can be taken now.
func (b *bans) lifted(l evidence.Look) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.shut[l] || len(b.untold[l.Host]) > 0 {
		return false
	}
	delete(b.shut, l)
	return true
}

// keeps reports whether a ban prevented a look.
func (b *bans) keeps(l evidence.Look) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shut[l]
}

// keep notes that a ban prevented a look.
func (b *bans) keep(l evidence.Look) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shut == nil {
		b.shut = map[evidence.Look]bool{}
	}
	b.shut[l] = true
}

// any reports whether there is such a look.
func (b *bans) any() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.shut) > 0
}

// spare reports whether it is known that nothing on a host has to be told.
func (b *bans) spare(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	programs, known := b.untold[host]
	return len(programs) == 0 && (known || b.ask == nil)
}

// untoldOn returns the programs of a host, and asks the host once for them.
func (b *bans) untoldOn(ctx context.Context, host string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	programs, known := b.untold[host]
	if known || b.ask == nil {
		return programs
	}
	if b.untold == nil {
		b.untold = map[string][]string{}
	}
	b.untold[host] = b.ask(ctx, host)
	return b.untold[host]
}

// doubt turns refuted looks into unproven ones if their vantage gets no connection
// and the host has programs without the exemption. There a ban kept the probe from
// looking.
func (b *bans) doubt(ctx context.Context, from probe.Vantage, target probe.Target, l resolve.Look, found probe.Finding) probe.Finding {
	if found.Outcome != evidence.Refuted || l.Vantage == l.Host || b.spare(l.Host) || letIn(ctx, from, target) {
		return found
	}
	programs := b.untoldOn(ctx, l.Host)
	if len(programs) == 0 {
		return found
	}
	b.keep(l.Look)
	names := strings.Join(programs, " and ")
	found.Outcome = evidence.Unproven
	found.Reason = evidence.CannotLook(l.Vantage) + fmt.Sprintf("%s accepts no connection from there, and %s may ban that address: it has no exemption yet", l.Host, names)
	found.Remedy = "run `cairn up`: it tells " + names + ", and looks again"
	return found
}

// bansOn asks the hosts themselves, because a check makes no plan.
func (e *Engine) bansOn(f *fleet) *bans {
	return &bans{ask: func(ctx context.Context, name string) []string {
		h, _ := e.lab.Host(name)
		return e.planHost(ctx, f, h).untold()
	}}
}

// letInTime bounds how long a host may take to answer.
const letInTime = 5 * time.Second

// letIn reports whether a vantage gets a connection to the host's SSH port.
func letIn(ctx context.Context, from probe.Vantage, target probe.Target) bool {
	ctx, cancel := context.WithTimeout(ctx, letInTime)
	defer cancel()
	conn, err := from.Dial(ctx, "tcp", netip.AddrPortFrom(target.Host.At(), cmp.Or(target.Port, target.Host.Port)).String())
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// tellBans notes on which hosts the tasks have made the exemption, and returns the
// looks that this makes possible.
func (w *walk) tellBans(tasks []string) []resolve.Look {
	for _, h := range w.left.others(w.engine.targets()) {
		plan, _ := w.plan.of(h.Name)
		if slices.ContainsFunc(plan.Steps, func(s StepPlan) bool { return s.exempts() != "" && slices.Contains(tasks, s.Task) }) {
			w.bans.tell(h.Name)
		}
	}
	var again []resolve.Look
	for _, l := range w.engine.everyLook() {
		if w.bans.lifted(l.Look) {
			again = append(again, l)
		}
	}
	return again
}

// exempts returns the program that a step exempts addresses in. It is empty for
// other steps.
func (s StepPlan) exempts() string {
	if program, is := strings.CutPrefix(s.ID, exemptionStep); is {
		return program
	}
	return ""
}

var exemptionStep = stepID(resource.Exemption{})
