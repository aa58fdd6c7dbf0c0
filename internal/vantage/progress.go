package vantage

import (
	"context"
	"time"
)

// progressKey is the key of [Telling]'s function in a context.
type progressKey struct{}

// tellEvery is the shortest time between two reports of a scan's progress.
const tellEvery = time.Second

// Telling returns a context in which a scan reports its progress: how many percent
// of its ports it has tried. A listener may miss any of the reports.
func Telling(ctx context.Context, tell func(percent int)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// Told returns the function that receives a context's reports. It does nothing if
// nobody listens.
func Told(ctx context.Context) func(percent int) {
	if tell, listens := ctx.Value(progressKey{}).(func(int)); listens {
		return tell
	}
	return func(int) {}
}

// progress counts how far a scan is.
type progress struct {
	tell      func(percent int)
	all, done int
	last      time.Time // when it was told
}

// one counts one port as tried. A port that is tried again counts once.
func (p *progress) one(now time.Time) {
	p.done = min(p.done+1, p.all)
	if now.Sub(p.last) >= tellEvery {
		p.last = now
		p.tell(p.done * 100 / p.all)
	}
}
