package vantage

import (
	"context"
	"sync"
	"syscall"
	"time"
)

// attemptsAtOnce bounds how many ports are tried at the same time. Ports that stay
// silent all take the whole timeout, so this decides how long a scan takes.
const attemptsAtOnce = 16_000

// attemptEvery is the time from one attempt to the next. Thousands at once overrun
// the receive queue of a virtual cable (net.core.netdev_max_backlog is 1,000), and
// a port whose packets got lost looks as silent as one that is closed.
const attemptEvery = 100 * time.Microsecond

// Scanner tries ports. All scans of a process share one, because they share its
// file descriptors. It is safe for concurrent use.
type Scanner struct {
	slots chan struct{}
	mu    sync.Mutex
	next  time.Time // when the next port may be tried
}

// NewScanner finds out how many ports this process may try at the same time.
func NewScanner() *Scanner { return &Scanner{slots: make(chan struct{}, atOnce())} }

// atOnce leaves a quarter of the file descriptors for everything else. (Go raises
// the soft limit to the hard one by itself.)
func atOnce() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(max(16, min(attemptsAtOnce, uint64(limit.Cur)/4*3)))
}

// turn waits until the next port may be tried. Time that was lost is not made up
// for, since that would be a burst.
func (p *Scanner) turn(ctx context.Context) {
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	wait := p.next.Sub(now)
	p.next = p.next.Add(attemptEvery)
	p.mu.Unlock()
	if wait >= time.Millisecond { // shorter ones take as long as this anyway
		sleep(ctx, wait)
	}
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
