package system

import "context"

// tellingKey is the key of [Telling]'s function in a context.
type tellingKey struct{}

// Telling is a context in which work that takes long, or that leaves something
// aside, says so: in whole, short lines for people, without any secret. The
// function may be called from several goroutines.
func Telling(ctx context.Context, line func(string)) context.Context {
	return context.WithValue(ctx, tellingKey{}, line)
}

// Tell says something to whoever follows the work, if anybody does.
func Tell(ctx context.Context, text string) {
	if line, follows := ctx.Value(tellingKey{}).(func(string)); follows {
		line(text)
	}
}
