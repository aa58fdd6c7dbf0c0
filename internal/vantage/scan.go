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

// Scan tries the TCP ports of an address. Every port is given the request's whole
// timeout, so a scan takes that long after the last one was tried.
func (p *Scanner) Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error) {
	address, err := netip.ParseAddr(request.Address)
	if err != nil || address.Zone() != "" || request.First == 0 || request.Last < request.First {
		return wire.ScanReply{}, errors.New("a scan needs an address and a range of ports")
	}
	started := time.Now()
	s := &scan{scanner: p, address: address.Unmap(), timeout: request.Timeout}
	for port := int(request.First); port <= int(request.Last); port++ {
		s.untried = append(s.untried, uint16(port))
	}
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

// tries is how often a port is tried when this machine, not the other, is in the
// way: it had no descriptor, port or buffer free.
const tries = 5

// pauseBetweenTries gives this machine time to free what it lacked.
const pauseBetweenTries = 200 * time.Millisecond

// scan is one scan under way.
type scan struct {
	scanner  *Scanner
	address  netip.Addr
	timeout  time.Duration
	pending  []attempt // the oldest first
	answered []uint16  // ports that took a connection once
	untried  []uint16  // ports that were not tried, or that this machine could not try
	trouble  error     // why it could not
	reply    wire.ScanReply
}

// try tries ports, each for the whole timeout.
func (s *scan) try(ctx context.Context, ports []uint16) {
	for _, port := range ports {
		s.makeRoom(ctx)
		s.scanner.turn(ctx, s.address)
		if ctx.Err() != nil {
			s.scanner.release()
			break
		}
		a, err := begin(netip.AddrPortFrom(s.address, port), time.Now().Add(s.timeout))
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

// makeRoom takes a slot: a free one, or else that of the oldest attempt, or when
// other scans have all of them, one of theirs.
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

// count counts an answer, or the lack of one, unless the port was not tried at all.
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

// confirm takes a port for open that answers twice. Once is not enough where two
// machines scan each other: when each happens to come from the port that the other
// tries, they are connected although nobody listens (RFC 9293, section 3.5,
// simultaneous open).
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
