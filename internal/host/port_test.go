package host

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cairn/internal/lab"
)

// TestPortsToTry checks the order: the port where the host answered last, then the
// lab's port, then SSH's own. The port before a move is kept in case the move is
// taken back.
func TestPortsToTry(t *testing.T) {
	dir := t.TempDir()
	try := func(port uint16, how Login) []uint16 {
		c, err := New(Options{Lab: &lab.Lab{}, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return c.portsOf(lab.Host{Name: "atlas", Port: port}, how)
	}
	worked := func(port uint16) {
		if err := (&portMemory{path: filepath.Join(dir, "ports")}).worked("atlas", port); err != nil {
			t.Fatal(err)
		}
	}
	must := func(what string, got []uint16, want ...uint16) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	must("usual", try(22, Login{}), 22)
	worked(22)
	if _, err := os.Stat(filepath.Join(dir, "ports")); err == nil {
		t.Error("the usual port is written down")
	}
	must("declared", try(2222, Login{}), 2222, 22)
	must("to be proven", try(2222, Login{Port: 2222}), 2222)
	worked(2200)
	worked(2222)
	must("moved from 2200 to 2222", try(2222, Login{}), 2222, 2200, 22)
	must("to move back", try(22, Login{}), 2222, 2200, 22)
	worked(22)
	must("moved back", try(22, Login{}), 22, 2222, 2200)
}
