// Package distro is the one place that knows distributions: which systems Cairn
// manages, and what differs between them: the package manager, the names of
// packages and units, paths, firewalls, and what their OpenSSH knows. Everything
// else asks here, so that a new distribution is a row of the table, and a new
// family a file beside it with a back end for its package manager.
package distro

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Distribution is a row of the table.
type Distribution struct {
	ID   string // of os-release(5)
	Name string // for people
	// Releases are those that bring something new, the oldest that is managed first.
	// One between two of them, or after the last, counts as the one before it.
	Releases []Release
	Mirror   string // the server of its packages, which every host has to find
	Family
}

// Release is a release of a distribution, and what it brought.
type Release struct {
	Version Version // VERSION_ID of os-release(5)
	OpenSSH Version
}

// Family is what distributions have in common that come from one.
type Family struct {
	Packages Packages
	SSH      SSH
	Updates  Updates
	// Clock is the time daemon that is set up where there is none. It and the others
	// exclude each other.
	Clock       TimeDaemon
	OtherClocks []TimeDaemon
	Firewalls   []Firewall
	Admins      string   // the group whose members may use sudo
	Accounts    []string // names of users and groups that the system has for itself; one that ends with "*" stands for several
}

// Packages is how packages are handled, and which are wanted.
type Packages struct {
	Manager string   // the back end
	Install string   // installs packages at a prompt; their names follow
	Quiet   string   // a setting of the environment that keeps it from asking
	Base    []string // what every host needs, beside a firewall and a time daemon
	Docker  []string // a Docker Engine with its client
}

// SSH is the SSH server.
type SSH struct {
	Service, Socket string // units
	// CommandLine is the file that the units have the server's options from, and
	// Variable the name they have in it.
	CommandLine, Variable string
	// Options are keywords of its own that the distribution has added, with the
	// value that tells least.
	Options [][2]string
}

// Updates is how security updates install themselves.
type Updates struct {
	Files  []File
	Timers []string // units that have to run
}

// File is a file of settings.
type File struct {
	Path, Content string
	// Reader is who reads it together with others; empty: its content is all that counts.
	Reader string
}

// TimeDaemon is a program that keeps the clock right. Its package has its name.
type TimeDaemon struct{ Name, Unit string }

// Firewall is a program that filters packets.
type Firewall struct {
	Name    string // as the lab file has it
	Package string
	Off     string // the command that turns it off; empty: it is not turned off whole
}

// System is a distribution in the release that a host runs.
type System struct {
	Distribution
	OpenSSH Version
}

// Find is the system of that ID and VERSION_ID, if Cairn manages it.
func Find(id, version string) (System, bool) {
	v, readable := ParseVersion(version)
	for _, d := range table {
		if d.ID == id && readable && !v.Before(d.Releases[0].Version) {
			return d.in(v), true
		}
	}
	return System{}, false
}

// Of is the system of that ID and VERSION_ID. What Cairn does not manage is
// refused at first contact, and is here the nearest to it: a release that is older
// or has no number (Debian's testing) is the oldest one, another distribution the
// first of the table.
func Of(id, version string) System {
	v, _ := ParseVersion(version)
	i := max(0, slices.IndexFunc(table, func(d Distribution) bool { return d.ID == id }))
	return table[i].in(v)
}

// At is the system in a file tree, whose root stands for "/".
func At(root string) System {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if text, err := os.ReadFile(filepath.Join(root, path)); err == nil {
			said := ReadRelease(string(text))
			return Of(said["ID"], said["VERSION_ID"])
		}
	}
	return Of("", "")
}

func (d Distribution) in(v Version) System {
	brought := d.Releases[0]
	for _, r := range d.Releases {
		if !v.Before(r.Version) {
			brought = r
		}
	}
	return System{Distribution: d, OpenSSH: brought.OpenSSH}
}

// ReadRelease reads the settings of os-release(5).
func ReadRelease(text string) map[string]string {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			values[key] = strings.Trim(value, `"'`)
		}
	}
	return values
}

// Supported names the systems that Cairn manages.
func Supported() string {
	var all []string
	for _, d := range table {
		all = append(all, d.Name+" "+d.Releases[0].Version.String()+" or later")
	}
	return strings.Join(all, ", ")
}

// All are the rows of the table.
func All() []Distribution { return slices.Clone(table) }

// Add adds a row, until remove is called. It is for tests, and not safe beside
// anything that reads the table.
func Add(d Distribution) (remove func()) {
	before := table
	table = append(slices.Clone(table), d)
	return func() { table = before }
}

// Quiet are the settings of the environment that keep package managers from asking.
func Quiet() []string {
	var all []string
	for _, d := range table {
		if d.Packages.Quiet != "" && !slices.Contains(all, d.Packages.Quiet) {
			all = append(all, d.Packages.Quiet)
		}
	}
	return all
}

// IsAccount reports whether a supported system has a user or group of that name
// for itself.
func IsAccount(name string) bool {
	return slices.ContainsFunc(table, func(d Distribution) bool {
		return slices.ContainsFunc(d.Accounts, func(account string) bool {
			start, several := strings.CutSuffix(account, "*")
			return name == account || several && strings.HasPrefix(name, start)
		})
	})
}

// Firewall is the firewall of that name; one without a name is not to be had.
func (f Family) Firewall(name string) Firewall {
	for _, w := range f.Firewalls {
		if w.Name == name {
			return w
		}
	}
	return Firewall{}
}

// TimeDaemons are all time daemons, in the order of their names.
func (f Family) TimeDaemons() []TimeDaemon {
	all := append(slices.Clone(f.OtherClocks), f.Clock)
	slices.SortFunc(all, func(a, b TimeDaemon) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Installing is the command that installs packages at a prompt.
func (p Packages) Installing(names ...string) string {
	return p.Install + " " + strings.Join(names, " ")
}
