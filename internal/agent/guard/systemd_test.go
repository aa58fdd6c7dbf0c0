package guard

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cairn/internal/system"
)

// noUnits is a systemd that knows no unit.
type noUnits struct{}

func (noUnits) Run(_ context.Context, c system.Command) (system.Output, error) {
	if slices.Contains(c.Argv, "is-active") {
		return system.Output{Exit: 3}, nil
	}
	return system.Output{}, nil
}

// TestDisarmAfterAKill: a process that is killed while it writes the unit leaves a file
// with another name. It goes with the unit, and files of others stay.
func TestDisarmAfterAKill(t *testing.T) {
	const dir = "/var/lib/cairn/runs/r/guards/gate"
	a := Systemd{System: &system.System{Root: t.TempDir(), Runner: noUnits{}}}
	unit := unitName(dir) + bootEnd
	others := []string{".new-1", ".cairn-guard-000000000000-boot.service.new-1", "ssh.service"}
	for _, name := range append([]string{"." + unit + ".new-12345", unit}, others...) {
		path := a.path(unitDir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Disarm(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(a.path(unitDir))
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	slices.Sort(others)
	if !slices.Equal(left, others) {
		t.Errorf("left are %v instead of %v", left, others)
	}
}
