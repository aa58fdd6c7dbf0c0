package task

import (
	"slices"
	"strings"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

func TestTheTimeDaemonThatIsThereIsKept(t *testing.T) {
	chrony := wire.Clock{Daemon: "chrony", Unit: "chrony.service"}
	for _, c := range []struct {
		name, choice    string
		have            []wire.Clock
		unit            string
		installs, spare string // a package that is installed, and one that may go
	}{
		{"none", "keep", nil, "systemd-timesyncd.service", "systemd-timesyncd", ""},
		{"a lab that was not read from a file", "", []wire.Clock{timesyncd}, "systemd-timesyncd.service", "systemd-timesyncd", ""},
		{"chrony", "keep", []wire.Clock{chrony}, "chrony.service", "", ""},
		{"openntpd beside a masked timesyncd", "keep", []wire.Clock{{Daemon: "openntpd", Unit: "openntpd.service"}, timesyncd}, "openntpd.service", "", ""},
		{"another is chosen", lab.Chrony, []wire.Clock{timesyncd}, "chrony.service", "chrony", "systemd-timesyncd"},
		{"timesyncd is chosen", lab.TimeSyncd, []wire.Clock{chrony}, "systemd-timesyncd.service", "systemd-timesyncd", "chrony"},
	} {
		h := Host{Lab: &lab.Lab{Choose: map[string]string{"time-daemon": c.choice}}, Facts: wire.Facts{Clocks: c.have}}
		var packages resource.Packages
		var units []string
		for _, r := range base(h) {
			switch r := r.(type) {
			case resource.Packages:
				packages = r
			case resource.Unit:
				units = append(units, r.Name)
			}
		}
		if !slices.Contains(units, c.unit) {
			t.Errorf("%s: %s is not among %s", c.name, c.unit, units)
		}
		for _, name := range clockPackages {
			if got := slices.Contains(packages.Names, name); got != (name == c.installs) {
				t.Errorf("%s: %s is installed: %v", c.name, name, got)
			}
		}
		if (c.spare == "") != (len(packages.Replaces) == 0) || c.spare != "" && !slices.Contains(packages.Replaces, c.spare) {
			t.Errorf("%s: these may go: %s", c.name, strings.Join(packages.Replaces, " "))
		}
		if err := packages.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
