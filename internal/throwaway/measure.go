package throwaway

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn/internal/problem"
)

// measureLimit bounds one container that measures something.
const measureLimit = time.Minute

// Capabilities are what an engine really gives its containers, measured in
// some.
type Capabilities struct {
	Engine  Engine
	Missing []string // Linux capabilities that the engine itself lacks, without CAP_; with one of them missing, --privileged fails
	Tun     bool     // /dev/net/tun is there, which user-space VPNs need
	IPv6    bool     // containers have IPv6
	Nftable bool     // nft can make tables
	Overlay bool     // overlayfs can be mounted, which Docker in a host wants
	Modules []string // of the kernel modules that later stages use, those that work: "wireguard", "br_netfilter"
	// Watchers is how many instances of inotify(7) the kernel allows root, 0 when it
	// does not say.
	Watchers int
}

// Measure finds out with short-lived containers of the base image what hosts on
// this engine can do. A problem of code RehearsalNoSystemd says why there can be
// none.
func Measure(ctx context.Context, d Docker, engine Engine, image string) (Capabilities, error) {
	found := Capabilities{Engine: engine}
	missing, err := d.missingCapabilities(ctx, image)
	if err != nil {
		return found, impossible(ctx, "A container on this machine cannot be looked into", err)
	}
	found.Missing = missing
	for _, name := range missing {
		if slices.Contains(indispensable, name) {
			return found, problem.New(problem.RehearsalNoSystemd, "", "The Docker Engine lacks the capability CAP_"+name+", which systemd or a firewall needs")
		}
	}
	found.Tun = true
	seen, err := d.inside(ctx, found, image)
	if err != nil && said(err, "/dev/net/tun") {
		found.Tun = false
		seen, err = d.inside(ctx, found, image)
	}
	if err != nil {
		return found, impossible(ctx, "A container with the rights that systemd needs does not start", err)
	}
	found.read(seen)
	return found, found.check(seen)
}

func impossible(ctx context.Context, summary string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return problem.Wrap(problem.RehearsalNoSystemd, "", summary, err)
}

// boundingSetScript prints the bounding set of the process that started the
// container: the engine's own shim, seen in the machine's process namespace.
// /proc/PID/status is readable to all (proc(5)).
const boundingSetScript = `set -eu
read -r _ _ _ parent _ < /proc/$$/stat
sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$parent/status"
cat /proc/sys/kernel/cap_last_cap`

// missingCapabilities asks what the engine cannot give. --privileged and
// --cap-add ALL fail as a whole where one is missing, without naming it.
func (d Docker) missingCapabilities(ctx context.Context, image string) ([]string, error) {
	out, err := d.measure(ctx, image, boundingSetScript, "--pid", "host", "--userns", "host")
	if err != nil {
		return nil, err
	}
	set, rest, _ := strings.Cut(strings.TrimSpace(out), "\n")
	last, err := strconv.Atoi(strings.TrimSpace(rest))
	if err != nil {
		return nil, fmt.Errorf("read the kernel's last capability: %w", err)
	}
	return missingCapabilities(set, last)
}

// insideScript tries, in a host's own namespaces, what hosts need. It prints a
// line with a word for each thing that works, and a word and what the program said
// for each that does not. With version 1 the control groups are the machine's, where
// others measure at the same time: the group has a name of its own.
const insideScript = `
[ "${REHEARSAL_CGROUP:-}" != 2 ] || mount -o remount,rw /sys/fs/cgroup
works() { word=$1; shift; if said=$("$@" 2>&1 >/dev/null); then echo "$word"; else echo "$word failed: $said" | tr '\n' ' '; echo; fi; }
cgroup() { if [ "${REHEARSAL_CGROUP:-}" = 2 ]; then tree=/sys/fs/cgroup; else tree=/sys/fs/cgroup/systemd; fi; dir=$(mktemp -d "$tree/rehearsal-probe-XXXXXXXX") && rmdir "$dir"; }
overlay() { mkdir -p /run/o/a /run/o/b /run/o/w /run/o/m && mount -t overlay overlay -o lowerdir=/run/o/a,upperdir=/run/o/b,workdir=/run/o/w /run/o/m; }
works mount mount -t tmpfs tmpfs /mnt
works cgroup cgroup
works overlay overlay
works nftables nft add table inet rehearsal_probe
works ipv6 test -e /proc/net/if_inet6
works sysctl test -w /proc/sys/net/ipv4/ip_forward
works module:wireguard ip link add rehearsal0 type wireguard
works module:br_netfilter test -e /proc/sys/net/bridge
echo "watchers:$(cat /proc/sys/fs/inotify/max_user_instances)"
exit 0`

// inside runs insideScript in a container with a host's rights.
func (d Docker) inside(ctx context.Context, found Capabilities, image string) ([]string, error) {
	out, err := d.measure(ctx, image, insideScript, found.rights()...)
	return strings.Split(strings.TrimSpace(out), "\n"), err
}

func (d Docker) measure(ctx context.Context, image, script string, options ...string) (string, error) {
	args := slices.Concat([]string{"run", "--rm", "--network", "none", "--label", labelProbe}, options, []string{image, "sh", "-c", script})
	return d.finish(ctx, measureLimit, nil, args...)
}

// failure stands between the word of what did not work and what was said of it.
const failure = " failed: "

// read takes the lines that insideScript printed.
func (c *Capabilities) read(lines []string) {
	c.IPv6 = slices.Contains(lines, "ipv6")
	c.Nftable = slices.Contains(lines, "nftables")
	c.Overlay = slices.Contains(lines, "overlay")
	for _, word := range lines {
		if module, ok := strings.CutPrefix(word, "module:"); ok && !strings.Contains(word, failure) {
			c.Modules = append(c.Modules, module)
		}
		if number, ok := strings.CutPrefix(word, "watchers:"); ok {
			c.Watchers, _ = strconv.Atoi(number)
		}
	}
}

// check is a problem when what no host can do without does not work. It gives what
// was seen as the cause: why a thing failed is more than that it did.
func (c *Capabilities) check(lines []string) error {
	needed := []struct{ word, missing string }{
		{"mount", "nothing can be mounted in it"},
		{"cgroup", "no control group can be made in it"},
		{"nftables", "nft cannot make a table in it"},
		{"sysctl", "/proc/sys cannot be written in it"},
	}
	for _, need := range needed {
		if slices.Contains(lines, need.word) {
			continue
		}
		return problem.Wrap(problem.RehearsalNoSystemd, "", "A container on this machine cannot be a host: "+need.missing, seen(lines, need.word))
	}
	return nil
}

// seen is what was said of a thing that did not work.
func seen(lines []string, word string) error {
	for _, line := range lines {
		if said, ok := strings.CutPrefix(line, word+failure); ok && strings.TrimSpace(said) != "" {
			return errors.New(strings.TrimSpace(said))
		}
	}
	return errors.New("the measurement failed and said nothing")
}

// watchersOfHost is how many instances of inotify a host takes: systemd and the
// message bus 6, and 3 for each user who is logged in, of whom there are two while
// the owner's login takes root's place.
const watchersOfHost = 12

// roomFor is a problem when so many hosts do not boot side by side: all of them
// are the same root to the kernel, which then refuses systemd its instances.
func (c Capabilities) roomFor(hosts int) error {
	if c.Watchers == 0 || hosts*watchersOfHost <= c.Watchers {
		return nil
	}
	return problem.New(problem.RehearsalNoRoom, "", fmt.Sprintf(
		"The kernel of this machine allows %d instances of inotify, which %d hosts get along with, and the lab has %d", c.Watchers, c.Watchers/watchersOfHost, hosts)).
		WithFix(fmt.Sprintf("allow more until the next restart, as root: sysctl fs.inotify.max_user_instances=%d", roundedUp(hosts*watchersOfHost)))
}

// roundedUp is the next power of two, with some room for what else root runs.
func roundedUp(n int) int { return 1 << bits.Len(uint(n)) }

// rights are the options of docker run that make a container a host. Never
// --privileged: it would also hand over the machine's disks and terminals.
func (c Capabilities) rights() []string {
	args := []string{"--cap-add", "ALL"}
	for _, name := range c.Missing {
		args = append(args, "--cap-drop", name)
	}
	args = append(args,
		"--security-opt", "seccomp=unconfined",
		"--security-opt", "apparmor=unconfined",
		"--security-opt", "label=disable",
		"--security-opt", "systempaths=unconfined", // /proc/sys is writable, as sysctl and Docker in a host need
		"--env", "container=docker", // systemd(1): tells it that it is in one
		"--tmpfs", "/run", "--tmpfs", "/run/lock")
	if c.Tun {
		args = append(args, "--device", "/dev/net/tun")
	}
	if c.Engine.UserNS {
		args = append(args, "--userns", "host")
	}
	return append(args, c.cgroups()...)
}

// cgroups are the options that give systemd a cgroup tree to manage. With
// version 2 it has a namespace of its own, whose tree its first process
// remounts writable. With version 1 there is no such namespace for systemd's
// named hierarchy, so it sees the machine's and stays in its own part; systemd
// 256 and later wants to be told that version 1 is meant.
func (c Capabilities) cgroups() []string {
	if c.Engine.CgroupVersion == 2 {
		return []string{"--cgroupns", "private", "--env", "REHEARSAL_CGROUP=2"}
	}
	return []string{"--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
		"--env", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1", "--env", "SYSTEMD_UNIFIED_CGROUP_HIERARCHY=0"}
}
