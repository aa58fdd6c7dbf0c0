package resource

import "testing"

// If the owner has set something in a file that is read later, it is a difference.
// The plan and the result name the file.
func TestOnAHostALaterFileIsFound(t *testing.T) {
	b := hostBench(t)
	b.sh(t, "apt-get -q -y install --no-install-recommends unattended-upgrades")
	const parts, journald = "/etc/apt/apt.conf.d/", "/etc/systemd/journald.conf.d/"
	apt := File{Path: parts + "52conform", Content: Inline("APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n"), Mode: 0o644, Reader: ReaderApt}
	journal := File{Path: journald + "50-conform.conf", Content: Inline("[Journal]\nSystemMaxUse=500M\n"), Mode: 0o644, Reader: ReaderJournald}
	for _, c := range []struct {
		name          string
		file          File
		path, content string
		want          string // empty: the file's word counts
	}{
		{"updates, none", apt, "", "", ""},
		{"updates, an earlier file", apt, parts + "10off", "APT::Periodic::Unattended-Upgrade \"0\";\n", ""},
		{"this file is broken", apt, apt.Path, "}; junk\n", ""},
		{"the master switch", apt, parts + "99-disable-auto", "APT::Periodic::Enable \"0\";\n", "0 by " + parts + "99-disable-auto"},
		{"no upgrades, in braces", apt, parts + "99off", "APT { Periodic {\n Unattended-Upgrade \"0\"; }; };\n", "0 by " + parts + "99off"},
		{"apt.conf", apt, "/etc/apt/apt.conf", "APT::Periodic::Update-Package-Lists \"0\";\n", "0 by /etc/apt/apt.conf"},
		{"origins cleared", apt, parts + "99off", "#clear Unattended-Upgrade::Origins-Pattern;\n", "none by " + parts + "99off"},
		{"a comment", apt, parts + "99off", "// APT::Periodic::Enable \"0\";\n", ""},
		{"a larger journal", journal, journald + "99-own.conf", "[Journal]\nSystemMaxUse=4G\n", "4G by " + journald + "99-own.conf"},
		{"a smaller journal", journal, journald + "99-own.conf", "[Journal]\nSystemMaxUse=100M\n", ""},
		{"an earlier file for the journal", journal, journald + "10-own.conf", "[Journal]\nSystemMaxUse=4G\n", ""},
	} {
		b.sh(t, "rm -f /etc/apt/apt.conf "+parts+"10off "+parts+"99* "+journald+"*-own.conf; mkdir -p "+journald)
		if c.path != "" {
			has(c.path, c.content, 0o644)(t, b)
		}
		_, err := Converge(t.Context(), b.sys, c.file, "")
		if c.want == "" {
			ok(t, err)
		} else {
			mustFail(t, err, c.want)
		}
		if d := check(t, b, c.file); d.Empty() != (c.want == "") {
			t.Errorf("%s: the plan says %+v", c.name, d.Changes)
		}
	}
	b.sh(t, "rm -f /etc/apt/apt.conf "+parts+"*conform "+parts+"99* "+journald+"*-own.conf "+journald+"50-conform.conf")
}
