package cmmn_test

import (
	"testing"
	"time"
)

// Only a timer that can occur has a time to wait for.
func TestNextTimer(t *testing.T) {
	g := begin(t, "case C\n  stage S\n    timer L timer=PT1H\n    task T\n  timer N timer=PT3H\n  task Z")
	due := func(want time.Duration) {
		t.Helper()
		got, any := g.c.NextTimer()
		if any != (want > 0) || any && got != epoch.Add(want) {
			t.Errorf("the next timer is due at %v, %t; want %v after the start", got, any, want)
		}
	}
	due(time.Hour)
	g.step("> suspend S")
	due(3 * time.Hour)
	g.step("> resume S")
	due(time.Hour)
	g.step("> fault S")
	due(3 * time.Hour)
	g.step("> fault case")
	due(0)
	g.step("> reactivate case")
	g.step("> advance PT4H")
	due(0)
}
