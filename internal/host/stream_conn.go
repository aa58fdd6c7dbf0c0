package host

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"cairn/internal/wire"
)

// streamConn makes a [net.Conn] of a stream.
type streamConn struct {
	*wire.Stream
	reading, writing deadline
}

func newStreamConn(s *wire.Stream) net.Conn { return &streamConn{Stream: s} }

// Read implements [net.Conn].
func (c *streamConn) Read(p []byte) (int, error) {
	return c.reading.bound(p, c.ReadContext)
}

// Write implements [net.Conn].
func (c *streamConn) Write(p []byte) (int, error) {
	return c.writing.bound(p, c.WriteContext)
}

// SetDeadline implements [net.Conn].
func (c *streamConn) SetDeadline(at time.Time) error {
	c.reading.set(at)
	c.writing.set(at)
	return nil
}

// SetReadDeadline implements [net.Conn].
func (c *streamConn) SetReadDeadline(at time.Time) error {
	c.reading.set(at)
	return nil
}

// SetWriteDeadline implements [net.Conn].
func (c *streamConn) SetWriteDeadline(at time.Time) error {
	c.writing.set(at)
	return nil
}

// LocalAddr implements [net.Conn].
func (c *streamConn) LocalAddr() net.Addr { return overStream{} }

// RemoteAddr implements [net.Conn].
func (c *streamConn) RemoteAddr() net.Addr { return overStream{} }

// overStream is the address of both ends of a streamConn.
type overStream struct{}

// Network implements [net.Addr].
func (overStream) Network() string { return "cairn" }

// String implements [net.Addr].
func (overStream) String() string { return "over the agent" }

// errMoved ends a wait because its deadline was changed.
var errMoved = errors.New("the deadline was moved")

// deadline bounds one direction. As net.Conn demands, a change also reaches a call
// that already waits.
type deadline struct {
	mu    sync.Mutex
	at    time.Time
	moved context.CancelCauseFunc // ends the wait of the current call
}

func (d *deadline) set(at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = at
	if d.moved != nil {
		d.moved(errMoved)
	}
}

// begin returns a context that ends at the deadline, or when the deadline is
// changed.
func (d *deadline) begin() (context.Context, context.CancelFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, moved := context.WithCancelCause(context.Background())
	d.moved = moved
	if d.at.IsZero() {
		return ctx, func() { moved(nil) }
	}
	ctx, cancel := context.WithDeadlineCause(ctx, d.at, os.ErrDeadlineExceeded)
	return ctx, func() { cancel(); moved(nil) }
}

// bound makes the call. If the deadline was changed meanwhile, it repeats the call
// for the rest of p.
func (d *deadline) bound(p []byte, call func(context.Context, []byte) (int, error)) (int, error) {
	for done := 0; ; {
		ctx, cancel := d.begin()
		n, err := call(ctx, p[done:])
		ended := context.Cause(ctx)
		cancel()
		done += n
		switch {
		case err == nil || ended == nil:
			return done, err
		case !errors.Is(ended, errMoved):
			return done, os.ErrDeadlineExceeded
		}
	}
}
