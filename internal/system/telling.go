package system

import "context"

// noticeKey is the key of [Telling]'s function in a context.
type noticeKey struct{}

// Telling returns a context in which slow or incomplete work reports itself by
// calling line. A line is whole, short, meant for people, and without secrets. The
// function may be called from several goroutines.
func Telling(ctx context.Context, line func(string)) context.Context {
	return context.WithValue(ctx, noticeKey{}, line)
}

// Tell passes a line to the listener of ctx, if there is one.
func Tell(ctx context.Context, text string) {
	if line, follows := ctx.Value(noticeKey{}).(func(string)); follows {
		line(text)
	}
}
