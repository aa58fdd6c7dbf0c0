package resource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/system"
)

// Exemption keeps a program that bans addresses from banning networks. Such a
// program takes the looks that prove refusals for an attack.
type Exemption struct {
	Program  string   `cbor:"1,keyasint"` // a name from [Banning]
	Networks []string `cbor:"2,keyasint"` // "192.168.1.0/24", sorted
}

// Kind implements [Resource].
func (Exemption) Kind() Kind { return "exemption" }

// Key implements [Resource].
func (e Exemption) Key() string { return e.Program }

// Validate implements [Resource].
func (e Exemption) Validate() error {
	if _, known := bannerOf(e.Program); !known {
		return fmt.Errorf("no program that bans addresses is called %q", e.Program)
	}
	if len(e.Networks) == 0 {
		return errors.New("no network is named")
	}
	for _, network := range e.Networks {
		if p, err := netip.ParsePrefix(network); err != nil || p.Masked().String() != network {
			return fmt.Errorf("%q is not a network", network)
		}
	}
	return nil
}

// banner is a program that bans addresses. Its functions only read the host's files
// and the program's output.
type banner struct {
	name   string
	config string   // a file that exists if the program is installed
	units  []string // those that run are reloaded or restarted for new files
	verb   string   // how: reload or restart
	// files are the program's files as they should be.
	files func(ctx context.Context, sys *system.System, networks []string) ([]File, error)
	// lists returns the program's effective lists of exempt networks, by name. It
	// is nil if the files say everything.
	lists func(ctx context.Context, sys *system.System) (map[string][]netip.Prefix, error)
	// pardon lifts present bans of the networks. It is nil if the reload or restart
	// does that.
	pardon func(ctx context.Context, sys *system.System, networks []string) error
}

// banners are the supported programs, each with the place that its manual names.
var banners = []banner{fail2ban, sshguard, crowdsec, portsentry, psad}

func bannerOf(name string) (banner, bool) {
	i := slices.IndexFunc(banners, func(b banner) bool { return b.name == name })
	if i < 0 {
		return banner{}, false
	}
	return banners[i], true
}

// Banning returns the names of the programs on the host that ban addresses and that
// an [Exemption] supports.
func Banning(sys *system.System) []string {
	var names []string
	for _, b := range banners {
		if _, _, found, err := sys.Stat(b.config); err == nil && found {
			names = append(names, b.name)
		}
	}
	return names
}

// Check implements [Resource].
func (e Exemption) Check(ctx context.Context, sys *system.System) (Diff, error) {
	b, _ := bannerOf(e.Program)
	files, err := b.files(ctx, sys, e.Networks)
	if err != nil {
		return Diff{}, err
	}
	var parts []Diff
	for _, f := range files {
		part, err := f.Check(ctx, sys)
		if err != nil {
			return Diff{}, err
		}
		parts = append(parts, part.named(f.Path))
	}
	lists, err := e.inForce(ctx, sys, b)
	if err != nil {
		return Diff{}, err
	}
	stale, err := b.stale(ctx, sys, files)
	if err != nil {
		return Diff{}, err
	}
	return merge(append(parts, lists, compare(property{"told since its files changed", yesNo(len(stale) == 0), "yes"}))...), nil
}

// inForce compares each of the program's effective lists with the networks.
func (e Exemption) inForce(ctx context.Context, sys *system.System, b banner) (Diff, error) {
	if b.lists == nil {
		return compare(), nil
	}
	lists, err := b.lists(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	var properties []property
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		var exempt []string
		for _, network := range e.Networks {
			if covered(network, lists[name]) {
				exempt = append(exempt, network)
			}
		}
		properties = append(properties, property{"never banned by " + name, strings.Join(exempt, " "), strings.Join(e.Networks, " ")})
	}
	return compare(properties...), nil
}

// covered reports whether a network or address lies within one of the list.
func covered(network string, list []netip.Prefix) bool {
	p, ok := networkOf(network)
	return ok && slices.ContainsFunc(list, func(wide netip.Prefix) bool {
		return wide.Bits() <= p.Bits() && wide.Contains(p.Addr())
	})
}

// stale returns the units that still run with older files.
func (b banner) stale(ctx context.Context, sys *system.System, files []File) ([]string, error) {
	var stale []string
	for _, name := range b.units {
		state, err := unitStateOf(ctx, sys, name)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			info, _, found, err := sys.Stat(f.Path)
			if err != nil {
				return nil, err
			}
			if found && state.runs() && info.ModTime().After(state.changed) {
				stale = append(stale, name)
				break
			}
		}
	}
	return stale, nil
}

// Apply implements [Resource].
func (e Exemption) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	b, _ := bannerOf(e.Program)
	files, err := b.files(ctx, sys, e.Networks)
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := Converge(ctx, sys, f, ""); err != nil {
			return err
		}
	}
	stale, err := b.stale(ctx, sys, files)
	if err != nil {
		return err
	}
	if b.pardon != nil && len(stale) > 0 {
		// This comes first, so that it is repeated after a crash before the last
		// unit was told.
		if err := b.pardon(ctx, sys, e.Networks); err != nil {
			return err
		}
	}
	for _, unit := range stale {
		if _, err := sys.Run(ctx, "systemctl", b.verb, "--", unit); err != nil {
			return err
		}
	}
	return nil
}

// Verify implements [Resource].
func (e Exemption) Verify(ctx context.Context, sys *system.System) error {
	d, err := e.Check(ctx, sys)
	if err != nil {
		return err
	}
	b, _ := bannerOf(e.Program)
	files, err := b.files(ctx, sys, e.Networks)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := f.Verify(ctx, sys); err != nil {
			return err
		}
	}
	return different(e, d)
}
