package roadmap

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestEstimates(t *testing.T) {
	for _, c := range []struct {
		text     string
		min, max time.Duration
		words    string
	}{
		{"2h to 8h", 2 * time.Hour, 8 * time.Hour, "2 to 8 hours"},
		{"1h to 2h", time.Hour, 2 * time.Hour, "1 to 2 hours"},
		{"1h", time.Hour, time.Hour, "1 hour"},
		{"3h to 3h", 3 * time.Hour, 3 * time.Hour, "3 hours"},
		{"1d to 5d", 8 * time.Hour, 40 * time.Hour, "1 to 5 days"},
		{"2h to 3d", 2 * time.Hour, 24 * time.Hour, "2 hours to 3 days"},
		{"2d", 16 * time.Hour, 16 * time.Hour, "2 days"},
	} {
		e, err := parseEstimate(c.text)
		if err != nil || e.Min != c.min || e.Max != c.max || e.String() != c.words {
			t.Errorf("%s = %+v, %q, %v", c.text, e, e, err)
		}
	}
}

func TestEstimatesWithoutARange(t *testing.T) {
	e, err := parseEstimate("ongoing")
	if err != nil || e != (Estimate{Ongoing: true}) || e.String() != "ongoing" {
		t.Errorf("ongoing = %+v, %v", e, err)
	}
	if words := (Estimate{}).String(); words != "" {
		t.Errorf("no estimate reads %q", words)
	}
}

func TestWrongEstimates(t *testing.T) {
	for _, text := range []string{"", "8h to 2h", "2d to 10h", "0h", "h", "2 hours", "2h-8h", "2h to", "2h to 8h to 9h", "99999h", "-1h"} {
		if e, err := parseEstimate(text); err == nil {
			t.Errorf("%q is read as %v", text, e)
		}
	}
}

func TestParsedEstimatesAreInOrder(t *testing.T) {
	text := rapid.StringMatching(`[0-9]{1,3}[hd]( to [0-9]{1,3}[hd])?`)
	rapid.Check(t, func(t *rapid.T) {
		e, err := parseEstimate(text.Draw(t, "text"))
		if err == nil && (e.Min <= 0 || e.Min > e.Max) {
			t.Fatalf("%+v", e)
		}
	})
}
