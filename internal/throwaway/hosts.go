package throwaway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// Options are the settings of a rehearsal.
type Options struct {
	Lab    *lab.Lab      // what to mirror; it is not changed
	RunID  string        // names everything that is made: letters, digits, "-"
	Key    ssh.PublicKey // may log in as root on every host
	Docker Docker
	Keep   bool // Close and Sweep leave everything
	Nested bool // hosts get a volume for a Docker Engine of their own

	Progress func(host, text string) // gets a line per step, from several goroutines; host is "" for the rehearsal as a whole; may be nil
}

// Hosts is a set of throw-away hosts that are up. Several goroutines may call
// its methods at once for different hosts.
type Hosts struct {
	RunID        string
	Lab          *lab.Lab // the lab in the rehearsal: Options.Lab with other addresses
	Capabilities Capabilities
	Notes        []string // differences from the owner's lab, one sentence each

	docker   Docker
	image    string
	keep     bool
	lock     *lock
	machine  machine
	layout   layout
	hosts    map[string]*Host
	inside   entrances
	progress func(host, text string)
}

// validRunID matches ids that fit into the names of containers.
var validRunID = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]{0,40}$`)

// Start makes throw-away hosts that mirror a lab, and returns when all of them
// are up. If it fails or ctx ends, it removes what it made, unless Options.Keep
// is set. Its errors are problems with the codes "rehearsal.…".
func Start(ctx context.Context, options Options) (*Hosts, error) {
	if !validRunID.MatchString(options.RunID) {
		return nil, fmt.Errorf("%q is not allowed as the id of a rehearsal", options.RunID)
	}
	progress := options.Progress
	if progress == nil {
		progress = func(string, string) {}
	}
	r := &Hosts{RunID: options.RunID, docker: options.Docker, keep: options.Keep, progress: progress, hosts: map[string]*Host{}}
	err := r.prepare(ctx)
	if err == nil {
		err = r.Capabilities.roomFor(len(options.Lab.Hosts))
	}
	if err != nil {
		return nil, err
	}
	if r.lock, err = lockFor(r.RunID); err != nil {
		return nil, err
	}
	if err := r.make(ctx, options); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// prepare finds out what the engine can do and makes the base image.
func (r *Hosts) prepare(ctx context.Context) error {
	engine, err := Probe(ctx, r.docker)
	if err != nil {
		return err
	}
	if r.image, err = EnsureImage(ctx, r.docker, func(text string) { r.progress("", text) }); err != nil {
		return err
	}
	r.machine = thisMachine(ctx)
	r.Capabilities, err = Measure(ctx, r.docker, engine, r.image)
	return err
}

// make makes the network, and then all hosts at once.
func (r *Hosts) make(ctx context.Context, options Options) error {
	if err := r.makeNetwork(ctx, options.Lab); err != nil {
		return err
	}
	for _, note := range r.Notes {
		r.progress("", note)
	}
	hosts := make([]*Host, len(r.Lab.Hosts))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, declared := range r.Lab.Hosts {
		group.Go(func() error {
			var err error
			hosts[i], err = r.makeHost(groupCtx, options, declared, r.layout.places[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, host := range hosts {
		r.hosts[host.Name] = host
	}
	return nil
}

// makeNetwork places the lab and makes its network. It tries another range if
// somebody took the first one in between.
func (r *Hosts) makeNetwork(ctx context.Context, original *lab.Lab) error {
	busy, err := busyRanges(ctx, r.docker)
	if err != nil {
		return err
	}
	const tries = 5
	for range tries {
		var placed mirror
		if placed, err = mirrorOf(original, r.RunID, r.Capabilities.IPv6, busy); err != nil {
			return err
		}
		r.Lab, r.layout, r.Notes = placed.lab, placed.layout, placed.notes
		err = r.docker.createNetwork(ctx, r.networkName(), r.layout, r.labels())
		if err == nil || !collided(err) {
			break
		}
		busy = append(busy, r.layout.cidr)
		if r.layout.cidr6.IsValid() {
			busy = append(busy, r.layout.cidr6)
		}
	}
	if err != nil && ctx.Err() == nil {
		return problem.Wrap(problem.RehearsalNoNetwork, "", "Cannot make the throw-away network", err)
	}
	return err
}

func (r *Hosts) makeHost(ctx context.Context, options Options, declared lab.Host, at place) (*Host, error) {
	spec := hostSpec{
		name: declared.Name, container: r.containerName(declared.Name), network: r.networkName(),
		place: at, port: declared.Port, labels: r.labels(),
	}
	if spec.port == 0 {
		spec.port = 22
	}
	spec.files = firstFiles(options.Key, r.machine, spec.port)
	if options.Nested {
		spec.volume = spec.container + "-docker"
		args := slices.Concat([]string{"volume", "create"}, r.labels(), []string{spec.volume})
		if _, err := r.docker.finish(ctx, createLimit, nil, args...); err != nil {
			return nil, failed(ctx, spec.name, "Cannot make the throw-away host's volume", err)
		}
	}
	r.progress(spec.name, "booting")
	host, err := r.startHost(ctx, spec)
	if err == nil {
		r.progress(spec.name, "up at "+host.Address.String())
	}
	return host, err
}

func (r *Hosts) networkName() string              { return "cairn-" + r.RunID }
func (r *Hosts) containerName(host string) string { return "cairn-" + r.RunID + "-" + host }

// labels returns the options that label everything this rehearsal makes.
func (r *Hosts) labels() []string {
	values := []string{
		labelRun + "=" + r.RunID,
		labelPID + "=" + strconv.Itoa(os.Getpid()),
		labelLock + "=" + r.lock.path(),
		labelKept + "=" + strconv.FormatBool(r.keep),
	}
	if name, err := os.Hostname(); err == nil {
		values = append(values, labelMachine+"="+name)
	}
	args := make([]string, 0, 2*len(values))
	for _, value := range values {
		args = append(args, "--label", value)
	}
	return args
}

// All returns the hosts in the order of their names.
func (r *Hosts) All() []Host {
	list := make([]Host, 0, len(r.hosts))
	for _, host := range r.hosts {
		list = append(list, *host)
	}
	slices.SortFunc(list, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// HostKeys returns a host's SSH host keys, so that they can be pinned without
// asking anybody. It returns nil for an unknown host.
func (r *Hosts) HostKeys(host string) []ssh.PublicKey {
	if found, ok := r.hosts[host]; ok {
		return slices.Clone(found.Keys)
	}
	return nil
}

// Gateways returns this machine's own addresses in the rehearsal's network, as
// the hosts see them. The IPv6 address is invalid if containers have no IPv6.
func (r *Hosts) Gateways() (v4, v6 netip.Addr) { return r.layout.gateway, r.layout.gateway6 }

// Close removes every container, network and volume of the rehearsal, unless it
// was to be kept. It does not depend on the context of Start and takes up to a
// minute and a half. It may be called again.
func (r *Hosts) Close() error {
	if r.lock == nil {
		return nil
	}
	var err error
	if !r.keep {
		ctx, cancel := context.WithTimeout(context.Background(), removeLimit)
		defer cancel()
		err = Remove(ctx, r.docker, r.RunID)
	}
	err = errors.Join(err, r.lock.release())
	r.lock = nil
	return err
}
