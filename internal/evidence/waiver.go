package evidence

import (
	"strings"
	"time"
)

// Waiver is the owner's statement that a checkpoint, or one aspect of it, needs
// no proof until a day.
type Waiver struct {
	// Checkpoint is a checkpoint's id, or id/aspect. An aspect is a probe's name
	// or the last word of it: "ipv6" covers the probe "port-scan-ipv6".
	Checkpoint string
	Reason     string
	Expires    time.Time
}

// Covers reports whether the waiver stands in for the look at a time.
func (w Waiver) Covers(look Look, now time.Time) bool {
	if !now.Before(w.Expires) {
		return false
	}
	checkpoint, aspect, partial := strings.Cut(w.Checkpoint, "/")
	if checkpoint != look.Checkpoint {
		return false
	}
	return !partial || look.Probe == aspect || strings.HasSuffix(look.Probe, "-"+aspect)
}

// coveredBy returns the waiver that stands in for the look, if there is one.
func coveredBy(waivers []Waiver, look Look, now time.Time) (Waiver, bool) {
	for _, w := range waivers {
		if w.Covers(look, now) {
			return w, true
		}
	}
	return Waiver{}, false
}
