package vantage

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"cairn/internal/wire"
)

// Scan tries a range of TCP ports of an address. Each port gets the request's
// whole timeout, so a scan ends that long after its last attempt. It returns an
// error if the request is invalid or ctx ends. Scans may run at the same time.
func (p *Scanner) Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error) {
	address, err := netip.ParseAddr(request.Address)
	if err != nil || address.Zone() != "" || request.First == 0 || request.Last < request.First {
		return wire.ScanReply{}, errors.New("a scan needs an IP address without a zone, and a range of ports from 1 up")
	}
	started := time.Now()
	s := &scan{scanner: p, address: address.Unmap(), timeout: request.Timeout}
	for port := int(request.First); port <= int(request.Last); port++ {
		s.untried = append(s.untried, uint16(port))
	}
	s.progress = progress{tell: Told(ctx), all: len(s.untried), last: started}
	for round := 0; len(s.untried) > 0 && round < tries && ctx.Err() == nil; round++ {
		if round > 0 {
			sleep(ctx, pauseBetweenTries)
		}
		ports := s.untried
		s.untried = nil
		s.try(ctx, ports)
	}
	s.confirm(ctx)
	if ctx.Err() != nil {
		return wire.ScanReply{}, ctx.Err()
	}
	s.reply.Errors, s.reply.Took = len(s.untried), time.Since(started)
	if s.reply.Errors > 0 {
		s.reply.Trouble = s.trouble.Error()
	}
	return s.reply, nil
}

// tries is how often a port is tried if this machine, not the other, is in the
// way: it had no free descriptor, port or buffer.
const tries = 5

// pauseBetweenTries gives this machine time to free what was missing.
const pauseBetweenTries = 200 * time.Millisecond

// scan is one scan in progress.
type scan struct {
	scanner  *Scanner
	address  netip.Addr
	timeout  time.Duration
	pending  []attempt // the oldest first
	answered []uint16  // ports that took a connection once
	untried  []uint16  // ports not tried yet, or that this machine could not try
	trouble  error     // why it could not
	reply    wire.ScanReply
	progress progress
}

// try tries ports. Each gets the whole timeout.
func (s *scan) try(ctx context.Context, ports []uint16) {
	for _, port := range ports {
		s.makeRoom(ctx)
		s.scanner.turn(ctx, s.address)
		if ctx.Err() != nil {
			s.scanner.release()
			break
		}
		now := time.Now()
		s.progress.one(now)
		a, err := begin(netip.AddrPortFrom(s.address, port), now.Add(s.timeout))
		if err != nil {
			s.scanner.release()
			s.count(port, err)
			continue
		}
		s.pending = append(s.pending, a)
		for len(s.pending) > 0 && time.Now().After(s.pending[0].due) {
			s.endOldest()
		}
	}
	for len(s.pending) > 0 {
		sleep(ctx, time.Until(s.pending[0].due))
		s.endOldest()
	}
}

// makeRoom takes a slot: a free one, or else that of this scan's oldest
// attempt. If other scans hold all slots, it waits for one of theirs.
func (s *scan) makeRoom(ctx context.Context) {
	for !s.scanner.take() {
		if len(s.pending) == 0 {
			s.scanner.slots <- struct{}{}
			return
		}
		sleep(ctx, time.Until(s.pending[0].due))
		s.endOldest()
	}
}

func (s *scan) endOldest() {
	oldest := s.pending[0]
	s.pending = s.pending[1:]
	err := oldest.end()
	s.scanner.release()
	if err == nil {
		s.answered = append(s.answered, oldest.port)
		return
	}
	s.count(oldest.port, err)
}

// count counts an answer or a silence. A port that could not be tried is put
// back.
func (s *scan) count(port uint16, err error) {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.ECONNRESET):
		s.reply.Refused++
	case errors.Is(err, errSilent), errors.As(err, &timeout) && timeout.Timeout():
		s.reply.Silent++
	default:
		s.trouble = err
		s.untried = append(s.untried, port)
	}
}

// confirm counts a port as open only if it answers a second time. Once is not
// enough if two machines scan each other. When each happens to connect from the
// port that the other tries, they are connected although nobody listens (RFC
// 9293, section 3.5, simultaneous open).
func (s *scan) confirm(ctx context.Context) {
	for _, port := range s.answered {
		conn, err := Dial(ctx, "tcp", netip.AddrPortFrom(s.address, port).String(), s.timeout)
		if err != nil {
			s.count(port, err)
			continue
		}
		_ = conn.Close()
		s.reply.Open = append(s.reply.Open, port)
	}
	slices.Sort(s.reply.Open)
}
