package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"cairn/internal/system"
)

// canaryName begins the names of all that belongs to forwarded canaries, so that
// what a killed agent left is found.
const canaryName = "cairncan"

// canaryPlaces is how many forwarded canaries may stand on a host at once.
const canaryPlaces = 64

// canaryNetworks are where canaries live, the first network of each family: the
// range for benchmarks (RFC 2544) and one of the unique local ones (RFC 4193),
// which nobody routes. Each place has a network of four addresses.
var canaryNetworks = map[string]netip.Prefix{
	"ip":  netip.MustParsePrefix("198.18.83.0/30"),
	"ip6": netip.MustParsePrefix("fd5c:a1b2:83::/126"),
}

// canaryPlace is the place of one forwarded canary on the host. Its file stays
// locked as long as the canary stands, so that other sessions neither take the
// place nor take the canary away; the kernel lets go of it when the agent ends in
// whatever way.
type canaryPlace struct {
	number   int
	lock     *os.File
	standing *os.File // locked by all canaries together; nil for a place that was only looked at
}

// takeCanaryPlace takes the first place that is free, and what a killed agent left
// there away.
func (a *Agent) takeCanaryPlace(ctx context.Context) (*canaryPlace, error) {
	standing, err := a.canariesStand(syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	for number := range canaryPlaces {
		place, err := a.canaryPlace(number)
		if err != nil {
			return nil, errors.Join(err, standing.Close())
		}
		if place != nil {
			place.standing = standing
			a.removeCanary(ctx, place.name())
			return place, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%d canaries stand on the host already", canaryPlaces), standing.Close())
}

// canariesStand takes the lock that all canaries hold as long as they stand,
// together (LOCK_SH), or alone when none does (LOCK_EX|LOCK_NB; flock(2)).
func (a *Agent) canariesStand(how int) (*os.File, error) {
	dir := filepath.Join(a.State, "canaries")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "standing"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// canaryPlace takes a place, or nil when another canary stands there.
func (a *Agent) canaryPlace(number int) (*canaryPlace, error) {
	dir := filepath.Join(a.State, "canaries")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := flock(filepath.Join(dir, strconv.Itoa(number)))
	if lock == nil || err != nil {
		return nil, err
	}
	return &canaryPlace{number: number, lock: lock}, nil
}

// leave gives the place back. The file stays: who removed it could remove one that
// somebody else has just locked.
func (p *canaryPlace) leave() {
	_ = p.lock.Close()
	if p.standing != nil {
		_ = p.standing.Close()
	}
}

func (p *canaryPlace) name() string { return canaryName + strconv.Itoa(p.number) }

// networks are the host's address and the canary's, each with its prefix.
func (p *canaryPlace) networks(match string) (host, inside netip.Prefix) {
	first := canaryNetworks[match]
	address := first.Addr()
	for range 4*p.number + 1 {
		address = address.Next()
	}
	return netip.PrefixFrom(address, first.Bits()), netip.PrefixFrom(address.Next(), first.Bits())
}

// removeLeftovers takes away canaries of agents that were killed, and leaves those
// that stand.
func (a *Agent) removeLeftovers(ctx context.Context) {
	entries, err := os.ReadDir(filepath.Join(a.System.Root, "/run/netns"))
	if err == nil {
		for _, entry := range entries {
			if rest, ours := strings.CutPrefix(entry.Name(), canaryName); ours {
				a.removeLeftover(ctx, entry.Name(), rest)
			}
		}
	}
	a.forwardingBack()
}

// removeLeftover takes one away, unless it stands. What has no number is an older
// agent's.
func (a *Agent) removeLeftover(ctx context.Context, name, place string) {
	if number, err := strconv.Atoi(place); err == nil {
		taken, err := a.canaryPlace(number)
		if taken == nil || err != nil {
			return
		}
		defer taken.leave()
	}
	a.removeCanary(ctx, name)
}

// removeCanary takes away all that has the name. Nothing of the name is no error.
func (a *Agent) removeCanary(ctx context.Context, name string) {
	if _, err := os.Stat(filepath.Join(a.System.Root, "/run/netns", name)); err != nil {
		return
	}
	for _, argv := range [][]string{
		{"nft", "delete", "table", "inet", name}, {"ip", "link", "delete", name + "h"},
		{"sh", "-c", `kill $(ip netns pids "$0") 2>/dev/null`, name}, {"ip", "netns", "delete", name},
	} {
		_, _ = a.System.Runner.Run(ctx, system.Command{Argv: argv})
	}
}

// forwardingNote is the file in which interfaces are kept whose forwarding has to
// be turned off again, also after this process was killed.
func (a *Agent) forwardingNote() string { return filepath.Join(a.State, "canary-forwarding") }

func (f *forwarded) setForwarding(link string) error {
	name := "net/ipv4/conf/" + link + "/forwarding"
	if f.readSysctl(name) != "0" {
		return nil
	}
	note, err := os.OpenFile(f.forwardingNote(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(note, link)
	if err := errors.Join(err, note.Sync(), note.Close()); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.System.Root, "/proc/sys", name), []byte("1\n"), 0o644)
}

// forwardingBack turns off what canaries turned on, once none of them stands.
func (a *Agent) forwardingBack() {
	if _, err := os.Stat(a.forwardingNote()); err != nil {
		return
	}
	alone, err := a.canariesStand(syscall.LOCK_EX | syscall.LOCK_NB)
	if err != nil {
		return // one stands; it turns it off when it goes
	}
	defer func() { _ = alone.Close() }()
	content, err := os.ReadFile(a.forwardingNote())
	if err != nil {
		return
	}
	for link := range strings.Lines(string(content)) {
		path := filepath.Join(a.System.Root, "/proc/sys/net/ipv4/conf", strings.TrimSpace(link), "forwarding")
		_ = os.WriteFile(path, []byte("0\n"), 0o644)
	}
	_ = os.Remove(a.forwardingNote())
}
