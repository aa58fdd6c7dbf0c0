// Package vantage looks at the network from the machine it runs on: the
// controller, or a host through its agent. It knows nothing of what it looks at.
package vantage

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"cairn/internal/wire"
)

// Dial makes a connection. A timeout of 0 leaves it to the context.
func Dial(ctx context.Context, network, address string, timeout time.Duration) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, address)
}

// Datagram sends one datagram and waits for an answer. That none came in time is
// no error: the reply is empty.
func Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", request.Address)
	if err != nil {
		return wire.DatagramReply{}, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(request.Timeout)); err != nil {
		return wire.DatagramReply{}, err
	}
	if _, err := conn.Write(request.Payload); err != nil {
		return wire.DatagramReply{}, err
	}
	answer := make([]byte, 2048)
	n, err := conn.Read(answer)
	if err != nil {
		return wire.DatagramReply{}, nil
	}
	return wire.DatagramReply{Payload: answer[:n]}, nil
}

// dialsAtOnce bounds how many ports are tried at the same time. Ports that stay
// silent all take the whole timeout, so this decides how long a scan takes.
const dialsAtOnce = 16_000

// dialEvery is the time from one try to the next. Thousands at once overrun the
// receive queue of a virtual cable (net.core.netdev_max_backlog is 1,000), and a
// port whose packets got lost looks as silent as one that is closed.
const dialEvery = 100 * time.Microsecond

// Scanner tries ports. All scans of a process share one, because they share its
// file descriptors. It is safe for concurrent use.
type Scanner struct {
	slots chan struct{}
	mu    sync.Mutex
	next  time.Time // when the next port may be tried
}

// NewScanner finds out how many ports this process may try at the same time.
func NewScanner() *Scanner { return &Scanner{slots: make(chan struct{}, atOnce())} }

// turn waits until the next port may be tried. Time that was lost is not made up
// for, since that would be a burst.
func (p *Scanner) turn() {
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	wait := p.next.Sub(now)
	p.next = p.next.Add(dialEvery)
	p.mu.Unlock()
	if wait >= time.Millisecond { // shorter ones take as long as this anyway
		time.Sleep(wait)
	}
}

// Scan tries the TCP ports of an address.
func (p *Scanner) Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error) {
	if request.First == 0 || request.Last < request.First || net.ParseIP(request.Address) == nil {
		return wire.ScanReply{}, errors.New("a scan needs an address and a range of ports")
	}
	started := time.Now()
	s := &scan{request: request}
	var wait sync.WaitGroup
	for port := int(request.First); port <= int(request.Last) && ctx.Err() == nil; port++ {
		p.slots <- struct{}{}
		p.turn()
		wait.Go(func() {
			s.try(ctx, uint16(port))
			<-p.slots
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return wire.ScanReply{}, ctx.Err()
	}
	return s.reply(time.Since(started)), nil
}

// atOnce leaves a quarter of the file descriptors for everything else. (Go raises
// the soft limit to the hard one by itself.)
func atOnce() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(max(16, min(dialsAtOnce, uint64(limit.Cur)/4*3)))
}

// scan is one scan under way.
type scan struct {
	request                 wire.ScanRequest
	open                    [65536]atomic.Bool
	refused, silent, failed atomic.Int64
	trouble                 atomic.Value // of string
}

// tries is how often a port is tried when this machine, not the other, is in the
// way: it had no descriptor, port or buffer free.
const tries = 5

// try takes a port for open that answers twice. Once is not enough where two
// machines scan each other: when each happens to come from the port that the other
// tries, they are connected although nobody listens (RFC 9293, section 3.5,
// simultaneous open).
func (s *scan) try(ctx context.Context, port uint16) {
	address := (&net.TCPAddr{IP: net.ParseIP(s.request.Address), Port: int(port)}).String()
	for range 2 {
		if !s.connects(ctx, address) {
			return
		}
	}
	s.open[port].Store(true)
}

// connects counts what a port answers that does not take a connection.
func (s *scan) connects(ctx context.Context, address string) bool {
	for range tries {
		conn, err := Dial(ctx, "tcp", address, s.request.Timeout)
		if err == nil {
			_ = conn.Close()
			return true
		}
		if s.final(err) {
			return false
		}
		s.trouble.Store(err.Error())
		time.Sleep(pauseBetweenTries)
	}
	s.failed.Add(1)
	return false
}

// pauseBetweenTries gives this machine time to free what it lacked.
const pauseBetweenTries = 200 * time.Millisecond

// final counts an answer, or the lack of one. It returns false when the port was
// not tried at all.
func (s *scan) final(err error) bool {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.ECONNRESET):
		s.refused.Add(1)
	case errors.As(err, &timeout) && timeout.Timeout():
		s.silent.Add(1)
	default:
		return false
	}
	return true
}

func (s *scan) reply(took time.Duration) wire.ScanReply {
	reply := wire.ScanReply{Refused: int(s.refused.Load()), Silent: int(s.silent.Load()), Errors: int(s.failed.Load()), Took: took}
	if reply.Errors > 0 {
		reply.Trouble, _ = s.trouble.Load().(string)
	}
	for port := range s.open {
		if s.open[port].Load() {
			reply.Open = append(reply.Open, uint16(port))
		}
	}
	return reply
}
