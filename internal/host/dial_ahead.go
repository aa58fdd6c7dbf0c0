package host

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"
)

// headStart is how long a port of a host is waited for alone: a host that is up
// answers sooner, and is then not disturbed at its other ports.
const headStart = 250 * time.Millisecond

// dialAhead dials the further ports of a host while one is silent, so that a host
// that is off takes one time-out and not one for each port.
type dialAhead struct {
	endpoints []string // in the order in which they are asked for

	mu   sync.Mutex
	made map[string]*dialled
}

// dialled is a connection that was asked for ahead.
type dialled struct {
	done   chan struct{}
	cancel context.CancelFunc
	conn   net.Conn
	err    error
}

type dialAheadKey struct{}

// diallingAhead is a context in which these endpoints, which are asked for one after
// the other, are dialled ahead. End it with the function.
func diallingAhead(ctx context.Context, endpoints []string) (ahead context.Context, end func()) {
	d := &dialAhead{endpoints: endpoints, made: map[string]*dialled{}}
	return context.WithValue(ctx, dialAheadKey{}, d), d.drop
}

// dialWithin makes a connection within a time-out, or takes the one that was made
// ahead.
func dialWithin(ctx context.Context, limit time.Duration, dial DialFunc, network, endpoint string) (net.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	d, _ := ctx.Value(dialAheadKey{}).(*dialAhead)
	if d == nil || !slices.Contains(d.endpoints, endpoint) { // a host to go through is another
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
		d.drop() // the others may not be asked for any more, and would grow old
	}
	return conn, err
}

// begin dials what comes after an endpoint, each until its own time is up.
func (d *dialAhead) begin(ctx context.Context, limit time.Duration, dial DialFunc, network, after string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, endpoint := range d.endpoints[slices.Index(d.endpoints, after)+1:] {
		if d.made[endpoint] != nil {
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, limit)
		made := &dialled{done: make(chan struct{}), cancel: cancel}
		d.made[endpoint] = made
		go func() {
			defer cancel()
			made.conn, made.err = dial(bounded, network, endpoint)
			close(made.done)
		}()
	}
}

func (d *dialAhead) take(endpoint string) *dialled {
	d.mu.Lock()
	defer d.mu.Unlock()
	made := d.made[endpoint]
	delete(d.made, endpoint)
	return made
}

// drop gives up what was not taken.
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
