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

// atOnce is how many hosts are worked on at the same time: what a controller
// with two processors bears without one host's answers waiting for another's.
const atOnce = 16

// fleet is the connections of one command. It is safe for concurrent use.
type fleet struct {
	engine *Engine
	making singleflight.Group // of connections, by their hosts
	mu     sync.Mutex
	open   map[string]*host.Session
	failed map[string]error
	trips  map[string]int // of connections that were closed
}

// connectAll connects to the hosts, all at the same time: most of it is waiting, and
// those that do not answer take their time-out once, however many they are. One that
// cannot be reached is kept with its reason and hinders no other.
func (e *Engine) connectAll(ctx context.Context, hosts []lab.Host) *fleet {
	f := &fleet{engine: e, open: map[string]*host.Session{}, failed: map[string]error{}, trips: map[string]int{}}
	var all sync.WaitGroup
	for _, h := range hosts {
		all.Go(func() { _, _ = f.session(ctx, h) })
	}
	all.Wait()
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

// session returns the connection to a host and makes it where there is none yet,
// or where it broke. A host that could not be reached is not tried again by the
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

// have is the connection to a host that is there and did not break, or why there
// is none.
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

// keep has a connection, or why there is none, in the place of the one before.
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

// take removes what there is of a host. The caller has the lock, and closes it.
func (f *fleet) take(name string) *host.Session {
	old := f.open[name]
	if old != nil {
		f.trips[name] += old.RoundTrips()
	}
	delete(f.open, name)
	delete(f.failed, name)
	return old
}

// unreachable leaves out the hosts that could not be reached, whatever for.
func (f *fleet) unreachable(left *leftOut) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, why := range f.failed {
		left.out(name, why)
	}
}

// renew replaces a host's connection by one that was proven meanwhile, or where
// there is none by a new one.
func (f *fleet) renew(ctx context.Context, h lab.Host, proven *host.Session) error {
	f.keep(h, proven, nil)
	_, err := f.session(ctx, h)
	return err
}

// close ends all connections, at the same time, because one to a host that is gone
// takes a while.
func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all sync.WaitGroup
	for _, session := range f.open {
		all.Go(func() { _ = session.Close() })
	}
	all.Wait()
}

// connect makes one connection and says so.
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
