package interchange_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn/diagram"
	"cairn/internal/cmmn/interchange"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// The roadmap must come back unchanged, with its estimates, challenges and
// checkpoints.
func TestHomelabSurvives(t *testing.T) {
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range roadmap.Workflows() {
		m := r.Model(w)
		var file bytes.Buffer
		if err := interchange.Export(m, &file, diagram.Layout(m)); err != nil {
			t.Fatal(err)
		}
		again, err := interchange.Import("homelab.cmmn", file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("%s (-before +after):\n%s", w, diff)
		}
	}
}
