package agent

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cairn/internal/wire"
)

// settingDirs hold network settings that Cairn sets on every host, in the notation
// of sysctl(8).
var settingDirs = []string{"net.ipv4", "net.ipv4.conf.all", "net.ipv6.conf.all"}

// fixedSettings returns the kernel settings that cannot be changed on this host. A
// name that ends in a dot stands for a whole directory. A container has the
// settings of its machine, and a kernel without IPv6 has none for IPv6.
func (a *Agent) fixedSettings() []string {
	var fixed []string
	for _, dir := range settingDirs {
		path := filepath.Join(a.System.Root, "/proc/sys", strings.ReplaceAll(dir, ".", "/"))
		names, settable := settingsIn(path)
		if !settable {
			fixed = append(fixed, dir+".")
			continue
		}
		for _, name := range names {
			fixed = append(fixed, dir+"."+name)
		}
	}
	return fixed
}

// settingsIn returns the settings in a directory whose mode lets root write but
// that cannot be written here. It also reports whether any of them can be set.
func settingsIn(path string) (fixed []string, settable bool) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, false
	}
	const write = 2 // W_OK of access(2), which also detects a read-only file system
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o200 == 0 {
			continue
		}
		if syscall.Access(filepath.Join(path, entry.Name()), write) == nil {
			settable = true
		} else {
			fixed = append(fixed, entry.Name())
		}
	}
	return fixed, settable
}

// failures returns the failed units, with the time of the failure.
func (a *Agent) failures(ctx context.Context, names []string) []wire.FailedUnit {
	var all []wire.FailedUnit
	for _, name := range names {
		unit := wire.FailedUnit{Name: name}
		said := a.said(ctx, "systemctl", "show", "--timestamp=us+utc", "--property=StateChangeTimestamp,Result", "--", name)
		for line := range strings.Lines(said) {
			switch key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key {
			case "Result":
				unit.Result = value
			case "StateChangeTimestamp":
				unit.Since, _ = time.Parse("Mon 2006-01-02 15:04:05.999999 MST", value)
			}
		}
		all = append(all, unit)
	}
	return all
}
