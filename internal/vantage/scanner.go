package vantage

import (
	"context"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// attemptsAtOnce limits how many ports are tried at the same time. Silent ports
// take the whole timeout, so this limit decides how long a scan takes. With 1.5
// s for each, the 65,535 ports of twenty hosts take a little over a minute.
const attemptsAtOnce = 32_000

// attemptEvery is the time between two attempts at one host. Thousands at once
// overflow the receive queue of a virtual cable (net.core.netdev_max_backlog is
// 1,000). A port whose packets get lost then looks as silent as a closed one.
const attemptEvery = 100 * time.Microsecond

// attemptAnyEvery is the time between two attempts at any hosts. Each host has
// a cable of its own, but all share this machine's. A small machine fills it at
// about this rate.
const attemptAnyEvery = 40 * time.Microsecond

// Scanner tries ports. All scans of a process share one scanner, [Shared],
// because they share its file descriptors. Several goroutines may use it at
// once.
type Scanner struct {
	slots  chan struct{}
	mu     sync.Mutex
	next   time.Time                // when the next port of any host may be tried
	nextOf map[netip.Addr]time.Time // when the next port of a host may be tried
}

// Shared returns the scanner of this process. It makes it on the first call.
var Shared = sync.OnceValue(newScanner)

// newScanner makes a scanner with as many slots as this process may try ports
// at once.
func newScanner() *Scanner {
	return &Scanner{slots: make(chan struct{}, atOnce()), nextOf: map[netip.Addr]time.Time{}}
}

// atOnce leaves a quarter of the file descriptors for everything else. Go
// itself raises the soft limit to the hard limit.
func atOnce() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(max(16, min(attemptsAtOnce, uint64(limit.Cur)/4*3)))
}

// turn waits until the next port of a host may be tried.
func (p *Scanner) turn(ctx context.Context, of netip.Addr) {
	if wait := p.reserve(time.Now(), of); wait >= time.Millisecond { // a shorter sleep would take a millisecond anyway
		sleep(ctx, wait)
	}
}

// reserve returns how long to wait before the next attempt at a host. Lost time
// is not made up for, because that would be a burst.
func (p *Scanner) reserve(now time.Time, of netip.Addr) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	if p.next.After(at) {
		at = p.next
	}
	p.next = at.Add(attemptAnyEvery)
	if next := p.nextOf[of]; next.After(at) {
		at = next
	}
	p.nextOf[of] = at.Add(attemptEvery)
	return at.Sub(now)
}

// take takes a slot for an attempt if one is free.
func (p *Scanner) take() bool {
	select {
	case p.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p *Scanner) release() { <-p.slots }

// sleep returns early when ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
