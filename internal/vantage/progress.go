package vantage

import (
	"context"
	"time"
)

// progressKey is the key of [Telling]'s function in a context.
type progressKey struct{}

// tellEvery is how often a scan tells how far it is, at most.
const tellEvery = time.Second

// Telling is a context in which a scan tells how many percent of its ports it has
// tried. It is for the moment: whoever listens may miss any of it.
func Telling(ctx context.Context, tell func(percent int)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

// Told is what a context was given to tell; it does nothing where nobody listens.
func Told(ctx context.Context) func(percent int) {
	if tell, listens := ctx.Value(progressKey{}).(func(int)); listens {
		return tell
	}
	return func(int) {}
}

// progress is how far a scan is.
type progress struct {
	tell      func(percent int)
	all, done int
	last      time.Time // when it was told
}

// one counts a port that was tried. A port that has to be tried again counts once.
func (p *progress) one(now time.Time) {
	p.done = min(p.done+1, p.all)
	if now.Sub(p.last) >= tellEvery {
		p.last = now
		p.tell(p.done * 100 / p.all)
	}
}
