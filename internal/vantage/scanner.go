package vantage

import (
	"context"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// attemptsAtOnce bounds how many ports are tried at the same time. Ports that stay
// silent all take the whole timeout, so this decides how long a scan takes: with
// 1.5 s for each, the 65,535 ports of twenty hosts take a little over a minute.
const attemptsAtOnce = 32_000

// attemptEvery is the time from one attempt at a host to the next. Thousands at once
// overrun the receive queue of a virtual cable (net.core.netdev_max_backlog is
// 1,000), and a port whose packets got lost looks as silent as one that is closed.
const attemptEvery = 100 * time.Microsecond

// attemptAnyEvery is the same for all hosts together. Each has a cable of its own;
// what they share is this machine's, which a small one fills at about this rate.
const attemptAnyEvery = 40 * time.Microsecond

// Scanner tries ports. All scans of a process share one, [Shared], because they share
// its file descriptors. It is safe for concurrent use.
type Scanner struct {
	slots  chan struct{}
	mu     sync.Mutex
	next   time.Time                // when the next port of any host may be tried
	nextOf map[netip.Addr]time.Time // when the next port of a host may be tried
}

// Shared is the scanner of this process.
var Shared = sync.OnceValue(newScanner)

// newScanner finds out how many ports this process may try at the same time.
func newScanner() *Scanner {
	return &Scanner{slots: make(chan struct{}, atOnce()), nextOf: map[netip.Addr]time.Time{}}
}

// atOnce leaves a quarter of the file descriptors for everything else. (Go raises
// the soft limit to the hard one by itself.)
func atOnce() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(max(16, min(attemptsAtOnce, uint64(limit.Cur)/4*3)))
}

// turn waits until the next port of a host may be tried.
func (p *Scanner) turn(ctx context.Context, of netip.Addr) {
	if wait := p.reserve(time.Now(), of); wait >= time.Millisecond { // shorter ones take as long as this anyway
		sleep(ctx, wait)
	}
}

// reserve says how long to wait for the next attempt at a host. Time that was lost
// is not made up for, since that would be a burst.
func (p *Scanner) reserve(now time.Time, of netip.Addr) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := later(now, p.next)
	p.next = at.Add(attemptAnyEvery)
	at = later(at, p.nextOf[of])
	p.nextOf[of] = at.Add(attemptEvery)
	return at.Sub(now)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// take gets a slot for an attempt if there is one now.
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
