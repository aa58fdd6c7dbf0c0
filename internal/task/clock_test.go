package task

import (
	"slices"
	"strings"
	"testing"

	"cairn/internal/distro"
	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

func TestTheTimeDaemonThatIsThereIsKept(t *testing.T) {
	timesyncd := wire.Clock{Daemon: "systemd-timesyncd", Unit: "systemd-timesyncd.service"}
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
		for _, r := range resourcesOf(base(h)) {
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
		for _, name := range []string{"chrony", "ntp", "ntpsec", "openntpd", "systemd-timesyncd"} {
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

// A distribution with other names is only a row in the table. Tasks take all names from it.
func TestTasksTakeNamesFromTheDistribution(t *testing.T) {
	t.Cleanup(distro.Add(distro.Distribution{ID: "hills", Name: "Hills", Releases: []distro.Release{{OpenSSH: distro.Version{Major: 9, Minor: 8}}}, Family: distro.Family{
		Packages:  distro.Packages{Base: []string{"sudo-hills"}},
		SSH:       distro.SSH{Options: [][2]string{{"HillsBanner", "no"}}},
		Updates:   distro.Updates{Files: []distro.File{{Path: "/etc/updates.conf", Content: "on\n"}}, Timers: []string{"hills-updates.timer"}},
		Clock:     distro.TimeDaemon{Name: "chrony", Unit: "chronyd.service"},
		Firewalls: []distro.Firewall{{Name: "nftables", Package: "nft-hills"}},
	}}))
	h := Host{Lab: &lab.Lab{}, Facts: wire.Facts{OS: wire.OS{ID: "hills", Version: "1"}}}
	var got []string
	for _, r := range resourcesOf(base(h)) {
		switch r := r.(type) {
		case resource.Packages:
			got = append(got, r.Names...)
		case resource.Unit:
			got = append(got, r.Name)
		case resource.File:
			got = append(got, r.Path)
		}
	}
	want := []string{"chrony", "nft-hills", "sudo-hills", "/etc/updates.conf", "/etc/security/limits.d/50-cairn.conf",
		"/etc/systemd/journald.conf.d/50-cairn.conf", "hills-updates.timer", "chronyd.service"}
	if !slices.Equal(got, want) {
		t.Errorf("the base has %s", got)
	}
	policy := EffectiveSSH(h)
	if policy["hillsbanner"] != "no" || policy["debianbanner"] != "" {
		t.Errorf("sshd is told %v", policy)
	}
	if _, told := policy["persourcepenaltyexemptlist"]; !told || strings.Contains(policy["kexalgorithms"], "mlkem") {
		t.Errorf("sshd 9.8 is told %v", policy)
	}
}

func resourcesOf(works []Work) []resource.Resource {
	var all []resource.Resource
	for _, w := range works {
		all = append(all, w.Resources...)
	}
	return all
}
