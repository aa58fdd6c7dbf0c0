package diagram

import (
	"math"
	"strconv"
	"testing"
)

// TestContrast holds the contrast of WCAG 2.2: 4.5 for text (1.4.3), 3 for
// outlines (1.4.11).
func TestContrast(t *testing.T) {
	for scheme, p := range map[string]palette{"light": light, "dark": dark} {
		legible := func(what, ink, on string, least float64) {
			t.Helper()
			if c := contrast(t, ink, on); c < least {
				t.Errorf("%s: %s has a contrast of %.2f, less than %g", scheme, what, c, least)
			}
		}
		for _, ground := range []string{p.paper, p.plan, p.stage, p.task, p.milestone} {
			legible("text", p.text, ground, 4.5)
			legible("small text", p.quiet, ground, 4.5)
			legible("an outline", p.outline, ground, 3)
			legible("a line", p.wire, ground, 3)
		}
		for _, tone := range p.tones {
			legible("a name on "+tone.class, p.text, tone.fill, 4.5)
			legible("the icon on "+tone.class, p.quiet, tone.fill, 3)
			legible("the badge "+tone.class, tone.ink, tone.fill, 4.5)
			legible("the outline of "+tone.class, tone.ink, p.stage, 3)
		}
	}
}

// contrast is the contrast ratio of WCAG 2.2 between two colours like #1b2027.
func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		part, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(part) / 255
		if v <= 0.04045 {
			sum += weight * v / 12.92
		} else {
			sum += weight * math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return sum
}

func TestSchemesHaveTheSameTones(t *testing.T) {
	for i := range light.tones {
		if light.tones[i].class != dark.tones[i].class {
			t.Errorf("%s and %s are at the same place", light.tones[i].class, dark.tones[i].class)
		}
	}
}
