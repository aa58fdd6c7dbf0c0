package system

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode"
)

// showingKey is the key of [Showing]'s function in a context.
type showingKey struct{}

// What is shown of a program that takes long.
const (
	showEvery = time.Second
	// maxShown is as much as fits beside the rest on a terminal, in characters.
	MaxShown = 100
)

// Showing is a context in which work that takes long shows how far it is, in a few
// words without any secret, at most once a second. It is for the moment: whoever
// listens may miss any of it. The function may be called from several goroutines.
func Showing(ctx context.Context, show func(text string)) context.Context {
	return context.WithValue(ctx, showingKey{}, &showing{show: show})
}

// showing bounds how often something is shown.
type showing struct {
	show func(string)
	mu   sync.Mutex
	last time.Time
}

// show shows how far the work is to whoever follows it, if anybody does.
func show(ctx context.Context, text string) {
	s, follows := ctx.Value(showingKey{}).(*showing)
	if text = OneLine(text); !follows || text == "" {
		return
	}
	s.mu.Lock()
	due := time.Since(s.last) >= showEvery
	if due {
		s.last = time.Now()
	}
	s.mu.Unlock()
	if due {
		s.show(text)
	}
}

// OneLine is a text in one line, without what a terminal would obey.
func OneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), MaxShown)])
}
