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

// listenerName starts the names of everything that belongs to forwarded listeners,
// so that the leftovers of a killed agent can be found.
const listenerName = "cairncan"

// listenerPlaces limits the forwarded listeners that stand on a host at the same
// time.
const listenerPlaces = 64

// listenerNetworks are the networks of the first listener, for each family. They
// lie in the range for benchmarks (RFC 2544) and in a unique local one (RFC 4193),
// which nobody routes. Each place has a network of four addresses.
var listenerNetworks = map[string]netip.Prefix{
	"ip":  netip.MustParsePrefix("198.18.83.0/30"),
	"ip6": netip.MustParsePrefix("fd5c:a1b2:83::/126"),
}

// listenerPlace is the place of one forwarded listener on the host. Its file is
// locked while the listener stands. So other sessions neither take the place nor
// remove the listener. The kernel releases the lock when the agent ends, however
// it ends.
type listenerPlace struct {
	number   int
	lock     *os.File
	standing *os.File // the shared lock of all listeners; nil for a place that was only checked
}

// takeListenerPlace takes the first free place, and removes what a killed agent
// left there.
func (a *Agent) takeListenerPlace(ctx context.Context) (*listenerPlace, error) {
	standing, err := a.listenersStand(syscall.LOCK_SH)
	if err != nil {
		return nil, err
	}
	for number := range listenerPlaces {
		place, err := a.listenerPlace(number)
		if err != nil {
			return nil, errors.Join(err, standing.Close())
		}
		if place != nil {
			place.standing = standing
			a.removeListener(ctx, place.name())
			return place, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("%d test listeners stand on the host already", listenerPlaces), standing.Close())
}

// listenersStand takes the lock that all listeners share while they stand. how is
// LOCK_SH, or LOCK_EX|LOCK_NB to take it only if no listener stands (flock(2)).
func (a *Agent) listenersStand(how int) (*os.File, error) {
	dir, err := a.listenersDir()
	if err != nil {
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

// listenersDir makes the directory of the listeners' locks. Its name is fixed:
// agents of older versions take the same locks.
func (a *Agent) listenersDir() (string, error) {
	dir := filepath.Join(a.State, "canaries")
	return dir, os.MkdirAll(dir, 0o700)
}

// listenerPlace takes a place, or returns nil if another listener stands there.
func (a *Agent) listenerPlace(number int) (*listenerPlace, error) {
	dir, err := a.listenersDir()
	if err != nil {
		return nil, err
	}
	lock, err := flock(filepath.Join(dir, strconv.Itoa(number)))
	if lock == nil || err != nil {
		return nil, err
	}
	return &listenerPlace{number: number, lock: lock}, nil
}

// leave gives the place back. The file stays, because another session may have
// just locked it.
func (p *listenerPlace) leave() {
	_ = p.lock.Close()
	if p.standing != nil {
		_ = p.standing.Close()
	}
}

func (p *listenerPlace) name() string { return listenerName + strconv.Itoa(p.number) }

// networks returns the host's address and the listener's, each with its prefix
// length.
func (p *listenerPlace) networks(match string) (host, inside netip.Prefix) {
	first := listenerNetworks[match]
	address := first.Addr()
	for range 4*p.number + 1 {
		address = address.Next()
	}
	return netip.PrefixFrom(address, first.Bits()), netip.PrefixFrom(address.Next(), first.Bits())
}

// removeLeftovers removes the listeners of killed agents. It leaves those that
// stand.
func (a *Agent) removeLeftovers(ctx context.Context) {
	entries, err := os.ReadDir(filepath.Join(a.System.Root, "/run/netns"))
	if err == nil {
		for _, entry := range entries {
			if rest, ours := strings.CutPrefix(entry.Name(), listenerName); ours {
				a.removeLeftover(ctx, entry.Name(), rest)
			}
		}
	}
	a.forwardingBack()
}

// removeLeftover removes one listener unless it stands. A name without a number
// belongs to an older agent.
func (a *Agent) removeLeftover(ctx context.Context, name, place string) {
	if number, err := strconv.Atoi(place); err == nil {
		taken, err := a.listenerPlace(number)
		if taken == nil || err != nil {
			return
		}
		defer taken.leave()
	}
	a.removeListener(ctx, name)
}

// removeListener removes everything with the name. It is no error if there is
// nothing.
func (a *Agent) removeListener(ctx context.Context, name string) {
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

// forwardingNote is the file that lists the interfaces whose forwarding must be
// turned off again. It outlives this process. The name is fixed: an older agent may
// have left the file.
func (a *Agent) forwardingNote() string { return filepath.Join(a.State, "canary-forwarding") }

func (f *forwardedListener) setForwarding(link string) error {
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

// forwardingBack turns off the forwarding that listeners turned on, once none of
// them stands.
func (a *Agent) forwardingBack() {
	if _, err := os.Stat(a.forwardingNote()); err != nil {
		return
	}
	alone, err := a.listenersStand(syscall.LOCK_EX | syscall.LOCK_NB)
	if err != nil {
		return // a listener still stands; it turns forwarding off when it ends
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
