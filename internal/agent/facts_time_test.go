package agent

import (
	"os"
	"path/filepath"
	"testing"

	"cairn/internal/system"
)

// The output of each daemon in Debian 13, with and without a server that holds the
// clock.
func TestWhatTimeDaemonsSay(t *testing.T) {
	for _, c := range []struct {
		daemon, said string
		want         bool
	}{
		{"chrony", "Reference ID    : 00000000 ()\nStratum         : 0\nLeap status     : Not synchronised", false},
		{"chrony", "Reference ID    : 0A540001 (10.84.0.1)\nStratum         : 9\nLeap status     : Normal", true},
		{"chrony", "Stratum         : 3\nLeap status     : Insert second", true},
		{"chrony", "506 Cannot talk to daemon", false},
		{"chrony", "", false},
		{"ntpsec", "leap=11, stratum=16, refid=INIT", false},
		{"ntpsec", "leap=00, stratum=3, refid=10.84.0.1", true},
		{"ntp", "leap=01, stratum=3, refid=10.84.0.1", true},
		{"ntpsec", "", false},
		{"openntpd", "0/4 peers valid, clock unsynced", false},
		{"openntpd", "4/4 peers valid, clock synced, stratum 3", true},
	} {
		if questions[c.daemon].synced(c.said) != c.want {
			t.Errorf("%s: %q counts as synchronised: %v", c.daemon, c.said, !c.want)
		}
	}
}

func TestTimeDaemonsAreFoundByTheirUnits(t *testing.T) {
	root := t.TempDir()
	a := &Agent{System: &system.System{Root: root, Runner: system.NewLocal().Runner}}
	if found := a.clocks(t.Context(), true); len(found) != 0 {
		t.Errorf("found %+v", found)
	}
	for _, path := range []string{"/lib/systemd/system/ntpsec.service", "/usr/lib/systemd/system/systemd-timesyncd.service"} {
		at := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found := a.clocks(t.Context(), true)
	if len(found) != 2 || found[0].Daemon != "ntpsec" || found[1].Unit != "systemd-timesyncd.service" {
		t.Errorf("found %+v", found)
	}
}
