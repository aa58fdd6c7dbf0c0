package host

import (
	"net"
	"sync/atomic"
)

// tripCounter counts round trips: how often a read followed a write. It is safe for
// concurrent use.
type tripCounter struct {
	asked atomic.Bool
	trips atomic.Int64
}

func (c *tripCounter) wrote() { c.asked.Store(true) }

func (c *tripCounter) read(n int) {
	if n > 0 && c.asked.Swap(false) {
		c.trips.Add(1)
	}
}

func (c *tripCounter) count() int { return int(c.trips.Load()) }

// countingConn is a connection that counts its round trips.
type countingConn struct {
	net.Conn
	tripCounter
}

// Write implements [net.Conn].
func (c *countingConn) Write(p []byte) (int, error) {
	c.wrote()
	return c.Conn.Write(p)
}

// Read implements [net.Conn].
func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read(n)
	return n, err
}
