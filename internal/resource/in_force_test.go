package resource

import (
	"strings"
	"testing"
)

const (
	periodicOn = `APT::Periodic "";
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
`
	origins = `Unattended-Upgrade::Origins-Pattern "";
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename},label=Debian";
`
	security = `Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";
`
)

func TestUpdatesOff(t *testing.T) {
	for _, c := range []struct{ name, dump, off string }{
		{"as Debian has it", periodicOn + origins + security, ""},
		{"as Ubuntu has it", periodicOn + `Unattended-Upgrade::Allowed-Origins:: "${distro_id}:${distro_codename}-security";` + "\n", ""},
		{"everything of an origin", periodicOn + `Unattended-Upgrade::Origins-Pattern:: "origin=Debian";` + "\n", ""},
		{"once a week", strings.ReplaceAll(periodicOn, `"1"`, `"7"`) + security, ""},
		{"the master switch", periodicOn + security + `APT::Periodic::Enable "0";` + "\n", "APT::Periodic::Enable"},
		{"no upgrades", strings.Replace(periodicOn, `Upgrade "1"`, `Upgrade "0"`, 1) + security, "APT::Periodic::Unattended-Upgrade"},
		{"no lists", strings.Replace(periodicOn, `Lists "1"`, `Lists "0"`, 1) + security, "APT::Periodic::Update-Package-Lists"},
		{"never set", security, "APT::Periodic::Unattended-Upgrade"},
		{"origins cleared", periodicOn, "Unattended-Upgrade::Origins-Pattern"},
		{"no security among the origins", periodicOn + origins, "Unattended-Upgrade::Origins-Pattern"},
		{"nor among Ubuntu's", periodicOn + `Unattended-Upgrade::Allowed-Origins:: "Ubuntu:noble";` + "\n", "Unattended-Upgrade::Origins-Pattern"},
	} {
		off := UpdatesOff(c.dump)
		if _, found := off[c.off]; found == (c.off == "") || c.off == "" && len(off) > 0 {
			t.Errorf("%s: off are %v", c.name, off)
		}
	}
}

// A later line on core dumps overrides Cairn's.
func TestALaterLimitIsFound(t *testing.T) {
	const dir = "/etc/security/limits.d/"
	f := File{Path: dir + "50-cairn.conf", Content: Inline("* hard core 0\n"), Mode: 0o644, Reader: ReaderLimits}
	for _, c := range []struct{ name, file, content, want string }{
		{"none", "", "", ""},
		{"earlier", "10-own.conf", "* hard core unlimited\n", ""},
		{"later", "99-own.conf", "# core dumps\n* hard core unlimited # why not\n", "unlimited by " + dir + "99-own.conf"},
		{"later, soft and hard", "99-own.conf", "*\t-\tcore\t1000\n", "1000 by " + dir + "99-own.conf"},
		{"later, taken back again", "99-own.conf", "* hard core unlimited\n* hard core 0\n", ""},
		{"later, for one user", "99-own.conf", "ann hard core unlimited\n", ""},
		{"not read", "99-own.conf.bak", "* hard core unlimited\n", ""},
	} {
		b := scratchBench(t)
		if c.file != "" {
			has(dir+c.file, c.content, 0o644)(t, b)
		}
		_, err := Converge(t.Context(), b.sys, f, "")
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := check(t, b, f); d.Empty() != (c.want == "") {
			t.Errorf("%s: the plan says %+v", c.name, d.Changes)
		}
	}
}

func TestSizesOfSystemd(t *testing.T) {
	for text, want := range map[string]uint64{"500M": 500 << 20, "1G": 1 << 30, "42": 42, "infinity": ^uint64(0), "": ^uint64(0)} {
		if got := bytesOf(text); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}
