// Package distro is the one place that knows distributions. It says which
// systems Cairn manages, and how they differ: the package manager, the names of
// packages and units, paths, firewalls, and what their OpenSSH knows. All other
// code asks here. So a new distribution is a row in the table, and a new family
// is a file beside it with a back end for its package manager.
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
	// Releases are those that change something, the oldest managed one first. A
	// release between two of them, or after the last, counts as the one before it.
	Releases []Release
	Mirror   string // the server of its packages, which every host must reach
	Family
}

// Release is a release of a distribution, and what it brought.
type Release struct {
	Version Version // VERSION_ID of os-release(5)
	OpenSSH Version
	Docker  Docker
}

// Docker is what a release's own packages have of it.
type Docker struct {
	Version Version  // the oldest that the release had
	Engine  []string // the packages of the Engine and its client
	// Compose is the package of Compose v2, which the Engine's client runs as
	// `docker compose`. Empty: the release has none.
	Compose string
}

// Family is what related distributions have in common.
type Family struct {
	Packages Packages
	SSH      SSH
	Updates  Updates
	// Clock is the time daemon to set up if there is none. Its package and the
	// others' exclude each other.
	Clock       TimeDaemon
	OtherClocks []TimeDaemon
	Firewalls   []Firewall
	Resolver    Resolver
	Admins      string   // the group whose members may use sudo
	Accounts    []string // users and groups of the system itself; a trailing "*" stands for several
}

// Packages says how packages are handled, and which are wanted.
type Packages struct {
	Manager string   // the back end
	Install string   // installs packages at a prompt; their names follow
	Quiet   string   // a setting of the environment that keeps it from asking
	Base    []string // what every host needs, beside a firewall and a time daemon
}

// SSH is the SSH server.
type SSH struct {
	Service, Socket string // units
	// CommandLine is the file from which the units read the server's options.
	// Variable is their name in it.
	CommandLine, Variable string
	// Options are keywords that the distribution has added, each with the value
	// that reveals least.
	Options [][2]string
}

// Updates says how security updates install themselves.
type Updates struct {
	Files  []File
	Timers []string // units that have to run
}

// File is a file of settings.
type File struct {
	Path, Content string
	// Reader is the program that reads it together with other files. Empty means that its own content is all
	// that counts.
	Reader string
}

// TimeDaemon is a program that keeps the clock right. Its package has the same
// name.
type TimeDaemon struct{ Name, Unit string }

// Firewall is a program that filters packets.
type Firewall struct {
	Name    string // as the lab file has it
	Package string
	Off     string // the command that turns it off; empty: it is not turned off whole
}

// Resolver is dnsmasq: its program, and a package that has it and starts nothing.
type Resolver struct{ Package, Program string }

// System is a distribution in the release that a host runs.
type System struct {
	Distribution
	OpenSSH Version
	Docker  Docker
}

// Find returns the system with that ID and VERSION_ID, if Cairn manages it.
func Find(id, version string) (System, bool) {
	v, readable := ParseVersion(version)
	for _, d := range table {
		if d.ID == id && readable && !v.Before(d.Releases[0].Version) {
			return d.in(v), true
		}
	}
	return System{}, false
}

// Of returns the system with that ID and VERSION_ID. Systems that Cairn does
// not manage are refused at first contact; for them Of returns the nearest
// managed one. A release that is older or has no number (Debian's testing)
// counts as the oldest. Another distribution counts as the first of the table.
func Of(id, version string) System {
	v, _ := ParseVersion(version)
	i := max(0, slices.IndexFunc(table, func(d Distribution) bool { return d.ID == id }))
	return table[i].in(v)
}

// At returns the system in a file tree with the given root.
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
	return System{Distribution: d, OpenSSH: brought.OpenSSH, Docker: brought.Docker}
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

// Supported returns the names of the systems that Cairn manages.
func Supported() string {
	var all []string
	for _, d := range table {
		all = append(all, d.Name+" "+d.Releases[0].Version.String()+" or later")
	}
	return strings.Join(all, ", ")
}

// All returns the rows of the table.
func All() []Distribution { return slices.Clone(table) }

// Add adds a row to the table until remove is called. It is for tests. Nothing
// else may read the table at the same time.
func Add(d Distribution) (remove func()) {
	before := table
	table = append(slices.Clone(table), d)
	return func() { table = before }
}

// Quiet returns the environment settings that keep package managers from asking
// questions.
func Quiet() []string {
	var all []string
	for _, d := range table {
		if d.Packages.Quiet != "" && !slices.Contains(all, d.Packages.Quiet) {
			all = append(all, d.Packages.Quiet)
		}
	}
	return all
}

// IsAccount reports whether a supported system has its own user or group of
// that name.
func IsAccount(name string) bool {
	return slices.ContainsFunc(table, func(d Distribution) bool {
		return slices.ContainsFunc(d.Accounts, func(account string) bool {
			start, several := strings.CutSuffix(account, "*")
			return name == account || several && strings.HasPrefix(name, start)
		})
	})
}

// Firewall returns the firewall of that name. If the family has none, its
// result has no name.
func (f Family) Firewall(name string) Firewall {
	for _, w := range f.Firewalls {
		if w.Name == name {
			return w
		}
	}
	return Firewall{}
}

// TimeDaemons returns all time daemons, sorted by name.
func (f Family) TimeDaemons() []TimeDaemon {
	all := append(slices.Clone(f.OtherClocks), f.Clock)
	slices.SortFunc(all, func(a, b TimeDaemon) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Installing returns the command that installs packages at a prompt.
func (p Packages) Installing(names ...string) string {
	return p.Install + " " + strings.Join(names, " ")
}
