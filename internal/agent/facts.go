package agent

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// facts reads the facts of the host. What cannot be read is left empty, and the
// probes that need it report that.
func (a *Agent) facts(ctx context.Context, login Login) wire.Facts {
	a = a.remembering()
	f := wire.Facts{
		Arch: runtime.GOARCH, Kernel: a.text("/proc/sys/kernel/osrelease"), BootID: a.text("/proc/sys/kernel/random/boot_id"),
		Hostname: a.text("/proc/sys/kernel/hostname"), User: login.User, Peer: login.Peer,
		OS: parseOSRelease(a.text("/etc/os-release")), Resolvers: parseResolvers(a.text("/etc/resolv.conf")),
		Firmware: strings.TrimSpace(a.text("/sys/class/dmi/id/bios_vendor") + " " + a.text("/sys/class/dmi/id/bios_version")),
	}
	f.CPUs, f.Virtualization = parseCPUInfo(a.text("/proc/cpuinfo"))
	f.MemoryBytes = parseMemory(a.text("/proc/meminfo"))
	f.Disks = a.disks()
	f.Routes = append(parseRoutes4(a.text("/proc/net/route")), parseRoutes6(a.text("/proc/net/ipv6_route"))...)
	// Each waits for programs, and fills in its own fields.
	var wait sync.WaitGroup
	wait.Go(func() { f.Interfaces = a.interfaces(ctx) })
	wait.Go(func() { a.systemdFacts(ctx, &f) })
	wait.Go(func() { a.firewallFacts(ctx, &f) })
	wait.Go(func() { f.SSH = a.sshFacts(ctx, login) })
	wait.Wait()
	f.Failures = a.failures(ctx, f.FailedUnits)
	f.Fixed = a.fixedSettings()
	f.Docker = a.dockerFacts()
	f.Resolver = a.isThere(resource.UnitFile(resource.ResolverUnit))
	f.Banning = resource.Banning(a.System)
	f.Clocks = a.clocks(ctx, f.ClockSynced)
	f.Clock = a.Now().UTC()
	return f
}

// text returns a file's content without surrounding blanks. It is empty if there is
// no such file.
func (a *Agent) text(path string) string {
	content, err := os.ReadFile(filepath.Join(a.System.Root, path))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

// systemdFacts asks systemd, with as few calls as possible.
func (a *Agent) systemdFacts(ctx context.Context, f *wire.Facts) {
	f.SystemState = a.said(ctx, "systemctl", "is-system-running")
	if f.SystemState != "running" {
		for line := range strings.Lines(a.said(ctx, "systemctl", "list-units", "--state=failed", "--plain", "--no-legend")) {
			if name, _, found := strings.Cut(strings.TrimSpace(line), " "); found {
				f.FailedUnits = append(f.FailedUnits, name)
			}
		}
	}
	if kind := a.said(ctx, "systemd-detect-virt", "--container"); kind != "none" {
		f.Container = kind
	}
	f.ClockSynced = a.said(ctx, "timedatectl", "show", "--property=NTPSynchronized", "--value") == "yes"
}

func (a *Agent) said(ctx context.Context, argv ...string) string {
	out, err := a.System.Runner.Run(ctx, system.Command{Argv: argv})
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out.Stdout))
}

// disks returns the block devices except loop devices, RAM disks and parts of
// others.
func (a *Agent) disks() []wire.Disk {
	const sector = 512 // the unit of /sys/block/*/size, whatever the device's (block/stat in the kernel's ABI documents)
	entries, err := os.ReadDir(filepath.Join(a.System.Root, "/sys/block"))
	if err != nil {
		return nil
	}
	var disks []wire.Disk
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, "loop") || strings.HasPrefix(name, "ram") || strings.HasPrefix(name, "zram") || strings.HasPrefix(name, "sr") {
			continue
		}
		sectors, err := strconv.ParseUint(a.text("/sys/block/"+name+"/size"), 10, 64)
		if err == nil && sectors > 0 {
			disks = append(disks, wire.Disk{Name: name, Bytes: sectors * sector})
		}
	}
	return disks
}
