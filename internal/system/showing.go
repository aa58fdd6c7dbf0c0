package system

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode"
)

// progressKey is the key of [Showing]'s function in a context.
type progressKey struct{}

// Limits on the progress that is shown.
const (
	showEvery = time.Second
	// MaxShown is how many characters fit on a terminal beside the rest.
	MaxShown = 100
)

// Showing returns a context in which slow work shows its progress by calling show.
// The text is a few words without secrets, at most once a second. It is for the
// moment, so a listener may miss some. show may be called from several goroutines.
func Showing(ctx context.Context, show func(text string)) context.Context {
	return context.WithValue(ctx, progressKey{}, &progressLine{show: show})
}

// progressLine limits how often progress is shown.
type progressLine struct {
	show func(string)
	mu   sync.Mutex
	last time.Time
}

// show shows progress to the listener of ctx, if there is one.
func show(ctx context.Context, text string) {
	s, follows := ctx.Value(progressKey{}).(*progressLine)
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

// OneLine returns a text on one line, without control sequences.
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
