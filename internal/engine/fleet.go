package engine

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"cairn/internal/host"
	"cairn/internal/lab"
)

// atOnce limits how many hosts are worked on at the same time. A controller with
// two processors can handle that many without delays.
const atOnce = 16

// fleet holds the connections of one command. It is safe for concurrent use.
type fleet struct {
	engine *Engine
	making singleflight.Group // connections being made, by host
	mu     sync.Mutex
	open   map[string]*host.Session
	failed map[string]error
	trips  map[string]int // of closed connections
}

// connectAll connects to all hosts at the same time, because most of it is waiting.
// So silent hosts cost one timeout, however many they are. A host that cannot be
// reached is kept with the reason, and does not hinder others.
func (e *Engine) connectAll(ctx context.Context, hosts []lab.Host) *fleet {
	f := &fleet{engine: e, open: map[string]*host.Session{}, failed: map[string]error{}, trips: map[string]int{}}
	var all sync.WaitGroup
	for _, h := range hosts {
		all.Go(func() { _, _ = f.session(ctx, h) })
	}
	all.Wait()
	return f
}

// each calls do for every host, several at the same time, and waits for all.
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

// session returns the connection to a host. It makes one if there is none yet or
// the last one broke. A host that could not be reached is not tried again by the
// same command.
func (f *fleet) session(ctx context.Context, h lab.Host) (*host.Session, error) {
	if session, failure := f.have(h); session != nil || failure != nil {
		return session, failure
	}
	made, err, _ := f.making.Do(h.Name, func() (any, error) {
		session, failure := f.have(h)
		if session == nil && failure == nil {
			session, failure = f.engine.connect(ctx, h)
			f.keep(h, session, failure)
		}
		return session, failure
	})
	return made.(*host.Session), err
}

// have returns the working connection to a host, or why there is none.
func (f *fleet) have(h lab.Host) (session *host.Session, failure error) {
	f.mu.Lock()
	session, failure = f.open[h.Name], f.failed[h.Name]
	if session == nil || !session.Broken() {
		f.mu.Unlock()
		return session, failure
	}
	f.take(h.Name)
	f.mu.Unlock()
	_ = session.Close()
	return nil, nil
}

// keep stores a connection, or why there is none, in place of the last one.
func (f *fleet) keep(h lab.Host, session *host.Session, failure error) {
	f.mu.Lock()
	old := f.take(h.Name)
	if session != nil {
		f.open[h.Name] = session
	}
	if failure != nil {
		f.failed[h.Name] = failure
	}
	f.mu.Unlock()
	if old != nil {
		_ = old.Close()
	}
}

// take removes and returns the connection to a host. The caller holds the lock, and
// closes the connection.
func (f *fleet) take(name string) *host.Session {
	old := f.open[name]
	if old != nil {
		f.trips[name] += old.RoundTrips()
	}
	delete(f.open, name)
	delete(f.failed, name)
	return old
}

// unreachable leaves out the hosts that could not be reached, for whatever reason.
func (f *fleet) unreachable(left *absentHosts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, why := range f.failed {
		left.out(name, why)
	}
}

// renew replaces a host's connection by a proven one. If there is none, it makes a
// new one.
func (f *fleet) renew(ctx context.Context, h lab.Host, proven *host.Session) error {
	f.keep(h, proven, nil)
	_, err := f.session(ctx, h)
	return err
}

// close ends all connections at the same time, because one to a dead host takes a
// while.
func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all sync.WaitGroup
	for _, session := range f.open {
		all.Go(func() { _ = session.Close() })
	}
	all.Wait()
}

// connect makes one connection and reports it.
func (e *Engine) connect(ctx context.Context, h lab.Host) (*host.Session, error) {
	e.tell(Event{Type: EventConnecting, Host: h.Name, Text: "connecting to " + h.At().String()})
	session, err := e.connector.Connect(ctx, h, e.login)
	if err != nil {
		e.tell(Event{Type: EventLost, Host: h.Name, Text: strings.TrimPrefix(err.Error(), h.Name+": ")})
		return nil, err
	}
	e.tell(Event{Type: EventConnected, Host: h.Name, Text: session.Hello().Facts.OS.Name + ", as " + session.LoginUser()})
	return session, nil
}

// serialised lets only one event through at a time.
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

// sessions returns the connections, sorted by the hosts' names.
func (f *fleet) sessions() []*host.Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []*host.Session
	for _, name := range slices.Sorted(maps.Keys(f.open)) {
		all = append(all, f.open[name])
	}
	return all
}

// roundTrips returns the number of round trips for each host, over all its
// connections.
func (f *fleet) roundTrips() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := maps.Clone(f.trips)
	for name, session := range f.open {
		all[name] += session.RoundTrips()
	}
	return all
}
