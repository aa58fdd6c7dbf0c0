package diagram

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"Short", []string{"Short"}},
		{"  Spaces \n and\tlines  ", []string{"Spaces and lines"}},
		{"Host Operating System Installation", []string{"Host Operating", "System Installation"}},
		{"One two three four five six seven eight nine ten eleven twelve thirteen", []string{"One two three four", "five six seven eight…"}},
		{strings.Repeat("x", 50), []string{strings.Repeat("x", 20), strings.Repeat("x", 18) + "…"}},
		{strings.Repeat("👩🏽‍🚀", 12), []string{strings.Repeat("👩🏽‍🚀", 3), strings.Repeat("👩🏽‍🚀", 3) + "…"}},
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, 120, nameSize, 2)); diff != "" {
			t.Errorf("%.20q (-want +got):\n%s", c.text, diff)
		}
	}
}

// TestTextWidth compares the table with what Chromium measures in Liberation Sans
// at 12 pixels.
func TestTextWidth(t *testing.T) {
	if got := textWidth("Containerization Platform Setup", nameSize); math.Abs(got-169.42) > 0.1 {
		t.Errorf("%g", got)
	}
}
