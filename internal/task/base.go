package task

import (
	"fmt"
	"slices"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// system returns the distribution that the host runs.
func (h Host) system() distro.System { return distro.Of(h.Facts.OS.ID, h.Facts.OS.Version) }

// base returns the base of a host: its name, its clock, its security updates,
// and limits that keep one fault from taking the host down.
func base(h Host) []Work {
	system := h.system()
	packages, clock := keepsTime(h)
	packages.Names = append(packages.Names, system.Firewall("nftables").Package)
	packages.Names = slices.Sorted(slices.Values(slices.Concat(system.Packages.Base, packages.Names)))
	var all []resource.Resource
	for _, f := range system.Updates.Files {
		all = append(all, resource.File{Path: f.Path, Content: resource.Inline(f.Content), Mode: 0o644, Reader: f.Reader})
	}
	all = append(all,
		resource.File{Path: "/etc/security/limits.d/50-cairn.conf", Content: resource.Inline(limits), Mode: 0o644, Reader: resource.ReaderLimits},
		resource.File{Path: "/etc/systemd/journald.conf.d/50-cairn.conf", Content: resource.Inline(journalLimits), Mode: 0o644, Reader: resource.ReaderJournald},
	)
	for _, timer := range system.Updates.Timers {
		all = append(all, resource.Unit{Name: timer, Enabled: on(), Active: on()})
	}
	for _, s := range networkSysctls {
		if !fixed(h.Facts, s.key) {
			all = append(all, resource.Sysctl{Name: s.key, Value: s.value})
		}
	}
	installed := []resource.Resource{packages}
	return []Work{
		{Resources: []resource.Resource{packages, resource.Hostname{Name: h.Host.Name}}},
		{After: installed, Resources: []resource.Resource{resource.Timezone{Name: h.Lab.Timezone}}},
		{Resources: append(all, exemptions(h)...)},
		{After: installed, Resources: clock},
	}
}

func on() *bool {
	yes := true
	return &yes
}

// limits forbids core dumps, because they can hold secrets (CIS Debian Linux 12
// Benchmark 1.5.3).
const limits = `# Managed by Cairn.
* hard core 0
`

// journalLimits keeps the system's own log from filling the disk.
const journalLimits = `# Managed by Cairn.
[Journal]
SystemMaxUse=500M
`

// networkSysctls are the kernel's network settings of the CIS Debian Linux 12
// Benchmark, section 3.3. Forwarding is left alone: containers need it.
var networkSysctls = []struct{ key, value string }{
	{"net.ipv4.conf.all.accept_redirects", "0"},         // 3.3.5
	{"net.ipv4.conf.all.accept_source_route", "0"},      // 3.3.8
	{"net.ipv4.conf.all.log_martians", "1"},             // 3.3.9
	{"net.ipv4.conf.all.secure_redirects", "0"},         // 3.3.6
	{"net.ipv4.conf.all.send_redirects", "0"},           // 3.3.2
	{"net.ipv4.icmp_echo_ignore_broadcasts", "1"},       // 3.3.4
	{"net.ipv4.icmp_ignore_bogus_error_responses", "1"}, // 3.3.3
	{"net.ipv4.tcp_syncookies", "1"},                    // 3.3.10
	{"net.ipv6.conf.all.accept_redirects", "0"},         // 3.3.5
	{"net.ipv6.conf.all.accept_source_route", "0"},      // 3.3.8
}

// fixed reports whether the host cannot set a kernel setting.
func fixed(facts wire.Facts, name string) bool {
	return slices.ContainsFunc(facts.Fixed, func(f string) bool { return f == name || strings.HasSuffix(f, ".") && strings.HasPrefix(name, f) })
}

// Skipped returns the kernel settings that a host skips. Either they belong to
// the machine that a container runs on, or the kernel does not have them.
func Skipped(facts wire.Facts) []string {
	var names []string
	for _, s := range networkSysctls {
		if fixed(facts, s.key) {
			names = append(names, s.key)
		}
	}
	return names
}

// sudoersFor lets the owner become root without a password. The login is by
// key, so there is no password to ask for.
func sudoersFor(user string) string {
	return fmt.Sprintf("# Managed by Cairn.\n%s ALL=(ALL:ALL) NOPASSWD: ALL\n", user)
}
