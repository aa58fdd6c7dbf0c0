package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/lab"
	"cairn/internal/probe"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// A challenge must be explained by the probes that would look, not by others.
func TestAChallengeIsExplainedByTheProbesAtHand(t *testing.T) {
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), Options{
		Lab: &lab.Lab{Name: "home", Dir: t.TempDir()}, Roadmap: r, Now: time.Now, LookOnly: true,
		Probes: []probe.Probe{{Name: "network", Text: "looks in a way of its own"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	x, err := e.Explain("foundation.network-conflict")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ProbeText{{"network", "looks in a way of its own"}}, x.Challenges[0].Looks); diff != "" {
		t.Error(diff)
	}
}
