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

// measureLimit limits one container that measures something.
const measureLimit = time.Minute

// Capabilities are what an engine really gives its containers, as measured in
// some.
type Capabilities struct {
	Engine  Engine
	Missing []string // Linux capabilities that the engine itself lacks, without CAP_; if one is missing, --privileged fails
	Tun     bool     // there is /dev/net/tun, which user-space VPNs need
	IPv6    bool     // containers have IPv6
	Nftable bool     // nft can make tables
	Overlay bool     // overlayfs can be mounted, which Docker in a host needs
	Modules []string // kernel modules of later stages that work: "wireguard", "br_netfilter"
	// Watchers is how many instances of inotify(7) the kernel allows root. 0 means
	// that it does not say.
	Watchers int
}

// Measure finds out what hosts on this engine can do, with short-lived
// containers of the base image. A problem with the code RehearsalNoSystemd says
// why there can be no hosts.
func Measure(ctx context.Context, d Docker, engine Engine, image string) (Capabilities, error) {
	found := Capabilities{Engine: engine}
	missing, err := d.missingCapabilities(ctx, image)
	if err != nil {
		return found, impossible(ctx, "Cannot look into a container on this machine", err)
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
// Everybody may read /proc/PID/status (proc(5)).
const boundingSetScript = `set -eu
read -r _ _ _ parent _ < /proc/$$/stat
sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$parent/status"
cat /proc/sys/kernel/cap_last_cap`

// missingCapabilities asks what the engine cannot give. If one capability is
// missing, --privileged and --cap-add ALL fail as a whole, without naming it.
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

// insideScript tries, in a host's own namespaces, what hosts need. For each
// thing that works it prints a line with one word. For each that fails it
// prints the word and what the program said. With version 1 the control groups
// are the machine's and others measure at the same time, so the group has a
// unique name.
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

// failure separates the word for what failed from what the program said.
const failure = " failed: "

// read reads the lines that insideScript printed.
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

// check returns a problem if something indispensable does not work. Its cause
// is what was seen, because the reason for a failure says more than the
// failure.
func (c *Capabilities) check(lines []string) error {
	needed := []struct{ word, missing string }{
		{"mount", "it cannot mount anything"},
		{"cgroup", "it cannot make a control group"},
		{"nftables", "nft cannot make a table in it"},
		{"sysctl", "it cannot write to /proc/sys"},
	}
	for _, need := range needed {
		if slices.Contains(lines, need.word) {
			continue
		}
		return problem.Wrap(problem.RehearsalNoSystemd, "", "A container on this machine cannot be a host: "+need.missing, seen(lines, need.word))
	}
	return nil
}

// seen returns what was said about a thing that failed.
func seen(lines []string, word string) error {
	for _, line := range lines {
		if said, ok := strings.CutPrefix(line, word+failure); ok && strings.TrimSpace(said) != "" {
			return errors.New(strings.TrimSpace(said))
		}
	}
	return errors.New("the measurement failed without a message")
}

// watchersOfHost is how many instances of inotify a host takes. systemd and the
// message bus take 6, and each logged-in user takes 3. There are two users
// while the owner's login replaces root's.
const watchersOfHost = 12

// roomFor returns a problem if this many hosts cannot boot side by side. To the
// kernel all of them are the same root, so it refuses systemd its instances.
func (c Capabilities) roomFor(hosts int) error {
	if c.Watchers == 0 || hosts*watchersOfHost <= c.Watchers {
		return nil
	}
	return problem.New(problem.RehearsalNoRoom, "", fmt.Sprintf(
		"This machine's kernel allows %d instances of inotify; that is enough for %d hosts, but the lab has %d", c.Watchers, c.Watchers/watchersOfHost, hosts)).
		WithFix(fmt.Sprintf("allow more until the next restart, as root: sysctl fs.inotify.max_user_instances=%d", roundedUp(hosts*watchersOfHost)))
}

// roundedUp returns the next power of two, which leaves some room for root's
// other programs.
func roundedUp(n int) int { return 1 << bits.Len(uint(n)) }

// rights returns the options of docker run that make a container a host. They
// never include --privileged, which would also hand over the machine's disks
// and terminals.
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

// cgroups returns the options that give systemd a cgroup tree to manage. With
// version 2 the host has its own namespace, whose tree its first process
// remounts writable. With version 1 there is no such namespace for systemd's
// named hierarchy. So systemd sees the machine's tree and stays in its own
// part. systemd 256 and later must be told that version 1 is intended.
func (c Capabilities) cgroups() []string {
	if c.Engine.CgroupVersion == 2 {
		return []string{"--cgroupns", "private", "--env", "REHEARSAL_CGROUP=2"}
	}
	return []string{"--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
		"--env", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1", "--env", "SYSTEMD_UNIFIED_CGROUP_HIERARCHY=0"}
}
