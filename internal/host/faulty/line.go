// Package faulty makes network connections that fail on demand, for tests. At a
// chosen message, a connection is cut, falls silent or is delayed. No program
// contains this package.
package faulty

import (
	"context"
	"net"
	"sync"
	"time"
)

// Way is a direction, seen from the side that dials.
type Way int

// The ways. Only a fault may use Both.
const (
	Out Way = iota + 1
	In
	Both
)

// String names the way.
func (w Way) String() string { return [...]string{"", "out", "in", "both ways"}[w] }

// Kind is what goes wrong.
type Kind int

// The kinds of faults.
const (
	Cut     Kind = iota + 1 // the connection breaks
	Silence                 // nothing more gets through, and nobody is told
	Delay                   // the message is late, once
)

// String names the kind.
func (k Kind) String() string { return [...]string{"", "cut", "silence", "delay"}[k] }

// Fault strikes at one message. At counts from 1, over all connections of the line,
// in the direction Way. For Both, it counts the messages of both directions
// together.
type Fault struct {
	Kind Kind
	Way  Way
	At   int
	For  time.Duration // how late a Delay is
	// Stays makes every later connection silent too, like an unplugged cable.
	Stays bool
}

// swallowed is how many bytes a silent connection takes before its writes block. A
// kernel's buffers do the same.
const swallowed = 256 << 10

// Line makes connections that share one fault. A message is one read or one write.
// A Line is safe for concurrent use.
type Line struct {
	Fault Fault

	mu     sync.Mutex
	count  [Both + 1]int
	struck bool
	dead   bool // the fault has struck, and it Stays
}

// Dial makes a connection, as [net.Dialer.DialContext] does. On a dead line it
// waits for ctx.
func (l *Line) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.isDead() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	raw, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: raw, line: l, ended: make(chan struct{})}, nil
}

func (l *Line) isDead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// Messages returns how many messages went in a direction so far.
func (l *Line) Messages(way Way) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count[way]
}

// Struck reports whether the fault has happened.
func (l *Line) Struck() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.struck
}

// message counts a message and reports whether the fault strikes at it.
func (l *Line) message(way Way) (fault Fault, strikes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count[way]++
	l.count[Both]++
	f := l.Fault
	if l.struck || f.Kind == 0 || f.Way != way && f.Way != Both || l.count[f.Way] != f.At {
		return f, false
	}
	l.struck, l.dead = true, f.Stays
	return f, true
}

// conn is one connection of a line.
type conn struct {
	net.Conn
	line *Line

	mu    sync.Mutex
	mute  [Both]bool
	taken int // bytes written since the way out is silent
	once  sync.Once
	ended chan struct{}
}

// suffer applies the fault to the connection if this message has one.
func (c *conn) suffer(way Way) {
	fault, strikes := c.line.message(way)
	if !strikes {
		return
	}
	switch fault.Kind {
	case Cut:
		_ = c.Close()
	case Delay:
		time.Sleep(fault.For)
	case Silence:
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, w := range []Way{Out, In} {
			c.mute[w] = c.mute[w] || fault.Way == w || fault.Way == Both
		}
	}
}

func (c *conn) isMute(way Way) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mute[way] || c.line.isDead()
}

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.suffer(In)
	}
	if c.isMute(In) {
		<-c.ended
		return 0, net.ErrClosed
	}
	return n, err
}

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (int, error) {
	c.suffer(Out)
	if !c.isMute(Out) {
		return c.Conn.Write(p)
	}
	c.mu.Lock()
	c.taken += len(p)
	full := c.taken > swallowed
	c.mu.Unlock()
	if full {
		<-c.ended
		return 0, net.ErrClosed
	}
	return len(p), nil
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.once.Do(func() { close(c.ended) })
	return c.Conn.Close()
}
