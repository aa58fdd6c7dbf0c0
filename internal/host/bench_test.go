package host

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"cairn/internal/lab"
	"cairn/internal/resource"
)

// delay is how long every byte travels in each direction. It makes a round trip of
// 20 ms.
const delay = 10 * time.Millisecond

// distantConn is a connection to somewhere far. What is written arrives later, in
// order, and the writer does not wait.
type distantConn struct {
	net.Conn
	out, in chan parcel
	rest    []byte
	once    sync.Once
	gone    chan struct{}
}

// parcel is bytes with the time at which they arrive.
type parcel struct {
	body []byte
	due  time.Time
	err  error
}

func dialDistant(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	time.Sleep(2 * delay) // the handshake of TCP
	c := &distantConn{Conn: quickAck(conn), out: make(chan parcel, 4096), in: make(chan parcel, 4096), gone: make(chan struct{})}
	go c.carryOut()
	go c.carryIn()
	return c, nil
}

func (c *distantConn) carryOut() {
	for {
		select {
		case p := <-c.out:
			time.Sleep(time.Until(p.due))
			if _, err := c.Conn.Write(p.body); err != nil {
				return
			}
		case <-c.gone:
			return
		}
	}
}

func (c *distantConn) carryIn() {
	for {
		body := make([]byte, 64<<10)
		n, err := c.Conn.Read(body)
		select {
		case c.in <- parcel{body[:n], time.Now().Add(delay), err}:
		case <-c.gone:
			return
		}
		if err != nil {
			return
		}
	}
}

// Write implements [net.Conn].
func (c *distantConn) Write(p []byte) (int, error) {
	select {
	case c.out <- parcel{body: append([]byte(nil), p...), due: time.Now().Add(delay)}:
		return len(p), nil
	case <-c.gone:
		return 0, net.ErrClosed
	}
}

// Read implements [net.Conn].
func (c *distantConn) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		select {
		case arrived := <-c.in:
			time.Sleep(time.Until(arrived.due))
			if arrived.err != nil {
				return 0, arrived.err
			}
			c.rest = arrived.body
		case <-c.gone:
			return 0, net.ErrClosed
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Close implements [net.Conn].
func (c *distantConn) Close() error {
	c.once.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

func files(b *testing.B, number int) []resource.Spec {
	b.Helper()
	var specs []resource.Spec
	for i := range number {
		specs = append(specs, encoded(b, resource.File{Path: fmt.Sprintf("/srv/file-%d", i), Content: resource.Inline(fmt.Sprintf("content %d\n", i)), Mode: 0o644}))
	}
	return specs
}

const makeFiles = `i=0; while [ $i -lt 200 ]; do echo "content $i" >/srv/file-$i; chmod 644 /srv/file-$i; i=$((i + 1)); done`

// BenchmarkColdBootstrap is a first contact: the login, the agent's upload, and
// its hello.
func BenchmarkColdBootstrap(b *testing.B) {
	m := boot(b, "")
	for b.Loop() {
		b.StopTimer()
		m.sh("rm -rf /var/lib/cairn /run/cairn")
		c := m.connector(nil)
		must(b, c.known.pin(m.host.Name, m.hostKey()))
		b.StartTimer()
		s, err := c.Connect(context.Background(), m.as("root"), Login{})
		must(b, err)
		b.ReportMetric(float64(s.RoundTrips()), "trips")
		must(b, s.Close())
	}
}

// BenchmarkWarmStart is a login and the agent's hello, nearby.
func BenchmarkWarmStart(b *testing.B) {
	m, c := benchMachine(b, "", nil)
	for b.Loop() {
		s, err := c.Connect(context.Background(), m.as("root"), Login{})
		must(b, err)
		must(b, s.Close())
	}
}

// BenchmarkNoChange is what an `up` without changes does on a host 20 ms away: a
// login and a check of 200 resources.
func BenchmarkNoChange(b *testing.B) {
	m, c := benchMachine(b, makeFiles, dialDistant)
	specs := files(b, 200)
	for b.Loop() {
		s, err := c.Connect(context.Background(), m.as("root"), Login{})
		must(b, err)
		checkConverged(b, s, specs)
		b.ReportMetric(float64(s.RoundTrips()), "trips")
		must(b, s.Close())
	}
}

// BenchmarkFiftySessions does that for fifty hosts nearby, 16 at a time. They all
// share this machine's processors.
func BenchmarkFiftySessions(b *testing.B) {
	m, c := benchMachine(b, makeFiles, nil)
	specs := files(b, 200)
	for b.Loop() {
		var all sync.WaitGroup
		slots := make(chan struct{}, 16)
		for range 50 {
			slots <- struct{}{}
			all.Go(func() {
				defer func() { <-slots }()
				s, err := c.Connect(context.Background(), m.as("root"), Login{})
				if err != nil {
					b.Error(err)
					return
				}
				checkConverged(b, s, specs)
				if err := s.Close(); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
}

func benchMachine(b *testing.B, prepare string, dial DialFunc) (*machine, *Connector) {
	b.Helper()
	m := boot(b, prepare)
	c := m.connector(func(o *Options) { o.Dial = dial; o.Lab.Hosts = []lab.Host{m.host} })
	m.connect(c, m.as("root"), Login{})
	return m, c
}

func checkConverged(b *testing.B, s *Session, specs []resource.Spec) {
	results, err := s.Check(context.Background(), specs)
	if err != nil {
		b.Error(err)
		return
	}
	for _, r := range results {
		if r.Failure != nil || len(r.Diff.Changes) != 0 {
			b.Errorf("%+v", r)
		}
	}
}
