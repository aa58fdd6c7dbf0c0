package roadmap

import (
	"os"
	"strings"
	"testing"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/simulate"
	"cairn/internal/golden"
)

// TestSimulations takes the homelab roadmap from its start to its end in every
// workflow. The stories in testdata/simulations are meant for reading.
func TestSimulations(t *testing.T) {
	for _, w := range Workflows() {
		t.Run(string(w), func(t *testing.T) {
			_, p := compiled(t, w)
			base := "testdata/simulations/" + string(w)
			steps, err := os.ReadFile(base + ".steps")
			if err != nil {
				t.Fatal(err)
			}
			var story strings.Builder
			var last simulate.Result
			err = simulate.Run(p, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), strings.NewReader(string(steps)), func(r simulate.Result) error {
				story.WriteString(r.Story())
				last = r
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, base+".story", []byte(story.String()))
			if last.Case != cmmn.Completed {
				t.Errorf("the case is %s at the end", last.Case)
			}
		})
	}
}
