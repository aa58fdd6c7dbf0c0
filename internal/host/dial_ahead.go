package host

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"
)

// headStart is how long only one port of a host is tried. A host that is up answers
// sooner, and its other ports are then not disturbed.
const headStart = 250 * time.Millisecond

// dialAhead dials the other ports of a host while the first is silent. So a host
// that is down costs one timeout instead of one for each port.
type dialAhead struct {
	endpoints []string // in the order in which they are tried

	mu   sync.Mutex
	made map[string]*earlyDial
}

// earlyDial is a connection that was begun ahead of its turn.
type earlyDial struct {
	done   chan struct{}
	cancel context.CancelFunc
	conn   net.Conn
	err    error
}

type dialAheadKey struct{}

// withDialAhead returns a context in which these endpoints, which are tried one
// after the other, are dialled ahead. The caller has to call end.
func withDialAhead(ctx context.Context, endpoints []string) (ahead context.Context, end func()) {
	d := &dialAhead{endpoints: endpoints, made: map[string]*earlyDial{}}
	return context.WithValue(ctx, dialAheadKey{}, d), d.drop
}

// dialWithin makes a connection within a timeout, or takes the one that was made
// ahead.
func dialWithin(ctx context.Context, limit time.Duration, dial DialFunc, network, endpoint string) (net.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	d, _ := ctx.Value(dialAheadKey{}).(*dialAhead)
	if d == nil || !slices.Contains(d.endpoints, endpoint) { // a jump host is not among them
		return dial(bounded, network, endpoint)
	}
	if made := d.take(endpoint); made != nil {
		<-made.done
		return made.conn, made.err
	}
	silent := time.AfterFunc(headStart, func() {
		if bounded.Err() == nil {
			d.begin(ctx, limit, dial, network, endpoint)
		}
	})
	conn, err := dial(bounded, network, endpoint)
	silent.Stop()
	if err == nil {
		d.drop() // the others may never be used
	}
	return conn, err
}

// begin dials the endpoints after the given one. Each has a timeout of its own.
func (d *dialAhead) begin(ctx context.Context, limit time.Duration, dial DialFunc, network, after string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, endpoint := range d.endpoints[slices.Index(d.endpoints, after)+1:] {
		if d.made[endpoint] != nil {
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, limit)
		made := &earlyDial{done: make(chan struct{}), cancel: cancel}
		d.made[endpoint] = made
		go func() {
			defer cancel()
			made.conn, made.err = dial(bounded, network, endpoint)
			close(made.done)
		}()
	}
}

func (d *dialAhead) take(endpoint string) *earlyDial {
	d.mu.Lock()
	defer d.mu.Unlock()
	made := d.made[endpoint]
	delete(d.made, endpoint)
	return made
}

// drop closes the connections that were not taken.
func (d *dialAhead) drop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, made := range d.made {
		made.cancel()
		go func() {
			if <-made.done; made.err == nil {
				_ = made.conn.Close()
			}
		}()
	}
	clear(d.made)
}
