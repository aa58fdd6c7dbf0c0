package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"cairn/internal/host"
	"cairn/internal/lab"
)

// atOnce is how many hosts are worked on at the same time: what a controller
// with two processors bears without one host's answers waiting for another's.
const atOnce = 16

// fleet is the connections of one command. It is safe for concurrent use.
type fleet struct {
	engine *Engine
	mu     sync.Mutex
	open   map[string]*host.Session
	failed map[string]error
	trips  map[string]int // of connections that were closed
}

// connectAll connects to the hosts, several at the same time. One that cannot be
// reached is kept with its reason and hinders no other.
func (e *Engine) connectAll(ctx context.Context, hosts []lab.Host) *fleet {
	f := &fleet{engine: e, open: map[string]*host.Session{}, failed: map[string]error{}, trips: map[string]int{}}
	f.each(hosts, func(h lab.Host) { _, _ = f.session(ctx, h) })
	return f
}

// each calls do for every host, several at the same time, and waits.
func (f *fleet) each(hosts []lab.Host, do func(lab.Host)) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, h := range hosts {
		group.Go(func() error {
			do(h)
			return nil
		})
	}
	_ = group.Wait()
}

// session returns the connection to a host and makes it where there is none yet.
// A host that could not be reached is not tried again by the same command.
func (f *fleet) session(ctx context.Context, h lab.Host) (*host.Session, error) {
	f.mu.Lock()
	session, failure := f.open[h.Name], f.failed[h.Name]
	f.mu.Unlock()
	if session != nil || failure != nil {
		return session, failure
	}
	session, err := f.engine.connect(ctx, h)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.failed[h.Name] = err
		return nil, err
	}
	f.open[h.Name] = session
	return session, nil
}

// renew replaces a host's connection, after a change that the old one predates.
func (f *fleet) renew(ctx context.Context, h lab.Host) (*host.Session, error) {
	f.mu.Lock()
	old := f.open[h.Name]
	delete(f.open, h.Name)
	delete(f.failed, h.Name)
	if old != nil {
		f.trips[h.Name] += old.RoundTrips()
	}
	f.mu.Unlock()
	if old != nil {
		_ = old.Close()
	}
	return f.session(ctx, h)
}

func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, session := range f.open {
		_ = session.Close()
	}
}

// connect makes one connection and says so.
func (e *Engine) connect(ctx context.Context, h lab.Host) (*host.Session, error) {
	e.tell(Event{Type: EventConnecting, Host: h.Name, Text: "connecting to " + h.Address.String()})
	session, err := e.connector.Connect(ctx, h, e.login)
	if err != nil {
		e.tell(Event{Type: EventLost, Host: h.Name, Text: strings.TrimPrefix(err.Error(), h.Name+": ")})
		return nil, err
	}
	e.tell(Event{Type: EventConnected, Host: h.Name, Text: session.Hello().Facts.OS.Name + ", as " + session.LoginUser()})
	return session, nil
}

// serialised lets one event through at a time.
func serialised(progress func(Event)) func(Event) {
	if progress == nil {
		return nil
	}
	var mu sync.Mutex
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		progress(e)
	}
}

// managed are the hosts that Cairn changes: all but those it only looks from.
func managed(l *lab.Lab) []lab.Host {
	var hosts []lab.Host
	for _, h := range l.Hosts {
		if !h.OnlyVantage() {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// sessions are the connections there are, by the hosts' names.
func (f *fleet) sessions() []*host.Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*host.Session
	for _, name := range slices.Sorted(maps.Keys(f.open)) {
		all = append(all, f.open[name])
	}
	return all
}

// roundTrips counts them for each host, over all its connections.
func (f *fleet) roundTrips() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := maps.Clone(f.trips)
	for name, session := range f.open {
		all[name] += session.RoundTrips()
	}
	return all
}
