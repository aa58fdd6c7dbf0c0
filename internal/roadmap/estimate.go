package roadmap

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"cairn/internal/document"
)

// WorkingDay is what a day in an estimate means: eight hours of work.
const WorkingDay = 8 * time.Hour

// Estimate is how much work a task probably is, in hours of work. It is the
// zero value if nobody estimated.
type Estimate struct {
	Min     time.Duration `json:"min_ns,omitempty"`
	Max     time.Duration `json:"max_ns,omitempty"`
	Ongoing bool          `json:"ongoing,omitempty"` // it never ends; Min and Max are 0
	Note    string        `json:"note,omitempty"`    // what the range depends on or counts for
}

// ongoing is how the file writes an estimate without an end.
const ongoing = "ongoing"

var (
	ends   = regexp.MustCompile(`^([^ ]+) to ([^ ]+)$`)
	amount = regexp.MustCompile(`^([1-9][0-9]{0,3})([hd])$`)
)

// parseEstimate reads "2h to 8h", "1d to 5d", "1h" or "ongoing".
func parseEstimate(text string) (Estimate, error) {
	if text == ongoing {
		return Estimate{Ongoing: true}, nil
	}
	low, high := text, text
	if found := ends.FindStringSubmatch(text); found != nil {
		low, high = found[1], found[2]
	}
	least, lowOK := parseAmount(low)
	most, highOK := parseAmount(high)
	switch {
	case !lowOK || !highOK:
		return Estimate{}, fmt.Errorf("%s is not an estimate", document.Quoted(text))
	case least > most:
		return Estimate{}, fmt.Errorf("the estimate ends with %s but begins with more, %s", high, low)
	}
	return Estimate{Min: least, Max: most}, nil
}

func parseAmount(text string) (time.Duration, bool) {
	parts := amount.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	n, err := strconv.Atoi(parts[1])
	unit := time.Hour
	if parts[2] == "d" {
		unit = WorkingDay
	}
	return time.Duration(n) * unit, err == nil
}

// String returns the estimate in words. It is "" if there is none.
func (e Estimate) String() string {
	words := e.span()
	if words != "" && e.Note != "" {
		words += " (" + e.Note + ")"
	}
	return words
}

// span returns the range in words, in one unit if possible.
func (e Estimate) span() string {
	high := unitOf(e.Max)
	low := high
	if e.Min%high != 0 {
		low = time.Hour
	}
	switch {
	case e.Ongoing:
		return ongoing
	case e.Max == 0:
		return ""
	case e.Min == e.Max:
		return amountWords(e.Max, high)
	case low == high:
		return fmt.Sprintf("%d to %s", e.Min/low, amountWords(e.Max, high))
	}
	return amountWords(e.Min, low) + " to " + amountWords(e.Max, high)
}

// unitOf returns the unit that suits an amount: days if it is more than one
// whole day.
func unitOf(d time.Duration) time.Duration {
	if d > WorkingDay && d%WorkingDay == 0 {
		return WorkingDay
	}
	return time.Hour
}

func amountWords(d, unit time.Duration) string {
	word := "hour"
	if unit == WorkingDay {
		word = "day"
	}
	if d != unit {
		word += "s"
	}
	return fmt.Sprintf("%d %s", d/unit, word)
}
