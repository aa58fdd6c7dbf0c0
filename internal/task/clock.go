package task

import (
	"cairn/internal/distro"
	"cairn/internal/lab"
	"cairn/internal/resource"
)

// chosenClocks maps the lab's choices of time daemon to their names here.
var chosenClocks = map[string]string{lab.TimeSyncd: "systemd-timesyncd", lab.Chrony: "chrony"}

// clockOf returns the time daemon that a host should have, and whether it is
// there already. Two daemons would fight over one clock, and their packages
// exclude each other. So an existing daemon is kept, unless the lab chooses
// another.
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

// keepsTime returns the host's time daemon as a package and as a running unit.
// A container needs none: it has the clock of the machine it runs on.
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
