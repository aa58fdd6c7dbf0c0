package vantage

import (
	"net/netip"
	"testing"
	"time"
)

// Each host is tried at its own pace, and all hosts together at this machine's
// pace.
func TestHostsAreTriedAtAPaceOfTheirOwn(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const each = 1000
	for name, c := range map[string]struct {
		hosts int
		want  time.Duration
	}{
		"one host":     {1, (each - 1) * attemptEvery},
		"two hosts":    {2, (each - 1) * attemptEvery},
		"twenty hosts": {20, (20*each - 1) * attemptAnyEvery},
	} {
		p, last := newScanner(), time.Duration(0)
		for range each {
			for host := range c.hosts {
				last = max(last, p.reserve(began, netip.AddrFrom4([4]byte{10, 0, 0, byte(host)})))
			}
		}
		if last < c.want || last > c.want+attemptEvery {
			t.Errorf("%s: the last attempt waits %s instead of %s", name, last, c.want)
		}
	}
}

// A scan must not make up for lost time.
func TestThereIsNoBurstAfterAPause(t *testing.T) {
	p, to := newScanner(), netip.MustParseAddr("10.0.0.1")
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p.reserve(began, to)
	later := began.Add(time.Minute)
	if first, second := p.reserve(later, to), p.reserve(later, to); first != 0 || second != attemptEvery {
		t.Errorf("after a pause the attempts wait %s and %s", first, second)
	}
}

// Scans that run at the same time in one process share its file descriptors.
func TestScansOfAProcessShareAScanner(t *testing.T) {
	if first := Shared(); first != Shared() {
		t.Error("two calls return different scanners")
	}
	if have := cap(Shared().slots); have != atOnce() {
		t.Errorf("it tries %d ports at once instead of %d", have, atOnce())
	}
}
