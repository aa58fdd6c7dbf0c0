package task

import (
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// timesyncd is a package of its own since Debian 12.
var timesyncd = wire.Clock{Daemon: "systemd-timesyncd", Unit: "systemd-timesyncd.service"}

// clockOf is the time daemon that a host should have, and whether it is there
// already. Two of them would pull at one clock, and Debian's packages exclude each
// other, so the one that is there is kept unless the lab chooses another.
func clockOf(h Host) (clock wire.Clock, there bool) {
	switch h.Lab.Choose["time-daemon"] {
	case lab.TimeSyncd:
		return timesyncd, false
	case lab.Chrony:
		return wire.Clock{Daemon: "chrony", Unit: "chrony.service"}, false
	}
	for _, c := range h.Facts.Clocks {
		if c.Daemon != timesyncd.Daemon {
			return c, true
		}
	}
	return timesyncd, false
}

// clockPackages are all that Debian has of them, of which only one can be there.
var clockPackages = []string{"chrony", "ntp", "ntpsec", "openntpd", timesyncd.Daemon}

// keepsTime is the host's time daemon as a package and as a unit that runs. A
// container has the clock of the machine it runs on.
func keepsTime(h Host) (packages resource.Packages, units []resource.Resource) {
	clock, there := clockOf(h)
	if !there {
		packages.Names = []string{clock.Daemon}
	}
	if chosen := h.Lab.Choose["time-daemon"]; chosen == lab.TimeSyncd || chosen == lab.Chrony {
		for _, name := range clockPackages {
			if name != clock.Daemon {
				packages.Replaces = append(packages.Replaces, name)
			}
		}
	}
	if h.Facts.Container == "" {
		units = append(units, resource.Unit{Name: clock.Unit, Enabled: on(), Active: on()})
	}
	return packages, units
}
