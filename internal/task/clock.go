package task

import (
	"cairn/internal/distro"
	"cairn/internal/lab"
	"cairn/internal/resource"
)

// chosenClocks are the time daemons that a lab can choose, by their names here.
var chosenClocks = map[string]string{lab.TimeSyncd: "systemd-timesyncd", lab.Chrony: "chrony"}

// clockOf is the time daemon that a host should have, and whether it is there
// already. Two of them would pull at one clock, and their packages exclude each
// other, so the one that is there is kept unless the lab chooses another.
func clockOf(h Host) (clock distro.TimeDaemon, there bool) {
	system := h.system()
	chosen := chosenClocks[h.Lab.Choose["time-daemon"]]
	for _, d := range system.TimeDaemons() {
		if d.Name == chosen {
			return d, false
		}
	}
	for _, c := range h.Facts.Clocks {
		if c.Daemon != system.Clock.Name {
			return distro.TimeDaemon{Name: c.Daemon, Unit: c.Unit}, true
		}
	}
	return system.Clock, false
}

// keepsTime is the host's time daemon as a package and as a unit that runs. A
// container has the clock of the machine it runs on.
func keepsTime(h Host) (packages resource.Packages, units []resource.Resource) {
	clock, there := clockOf(h)
	if !there {
		packages.Names = []string{clock.Name}
	}
	if chosenClocks[h.Lab.Choose["time-daemon"]] != "" {
		for _, d := range h.system().TimeDaemons() {
			if d.Name != clock.Name {
				packages.Replaces = append(packages.Replaces, d.Name)
			}
		}
	}
	if h.Facts.Container == "" {
		units = append(units, resource.Unit{Name: clock.Unit, Enabled: on(), Active: on()})
	}
	return packages, units
}
