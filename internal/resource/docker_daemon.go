package resource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// DockerDaemon is the configuration of the Docker Engine, key by key (dockerd(8),
// "Daemon configuration file"). A key that the owner has set keeps its value. An
// Engine that was there before Cairn keeps its whole configuration, except for an
// address that lets in anybody.
type DockerDaemon struct {
	Options Content `cbor:"1,keyasint"` // a JSON object
	// Lacks says why the host cannot get a complete Docker. Then Check is an error.
	Lacks string `cbor:"2,keyasint,omitempty"`
}

const (
	daemonFile = "/etc/docker/daemon.json"
	// daemonRecord has the keys that Cairn has set, with their values. It tells the
	// owner's keys from Cairn's, even when Cairn later wants another value.
	daemonRecord = keepDir + "docker-daemon.json"
	dockerUnit   = "docker.service"
)

// Kind implements [Resource].
func (DockerDaemon) Kind() Kind { return "docker-daemon" }

// Key implements [Resource].
func (DockerDaemon) Key() string { return daemonFile }

// Validate implements [Resource].
func (d DockerDaemon) Validate() error {
	if d.Options.name != nil {
		return ErrNotHere
	}
	if d.Options.IsZero() || strings.ContainsAny(d.Lacks, "\n\r") {
		return errors.New("no key is set, or the reason for what is lacking has several lines")
	}
	return d.Options.validate(true)
}

func (d DockerDaemon) contents(change func(Content, use) Content) Resource {
	d.Options = change(d.Options, toRead)
	return d
}

// daemonKeys are the keys of a configuration with their values as JSON.
type daemonKeys map[string]json.RawMessage

func daemonKeysOf(text []byte) (daemonKeys, error) {
	keys := daemonKeys{}
	if len(bytes.TrimSpace(text)) == 0 {
		return keys, nil
	}
	return keys, json.Unmarshal(text, &keys)
}

// has reports whether a key is set to a value, in any spelling.
func (k daemonKeys) has(key string, value json.RawMessage) bool {
	mine, set := k[key]
	return set && spelt(mine) == spelt(value)
}

// spelt returns a value in its canonical spelling.
func spelt(value json.RawMessage) string {
	var text bytes.Buffer
	if json.Compact(&text, value) != nil {
		return string(value)
	}
	return text.String()
}

func (k daemonKeys) text() []byte {
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		panic("resource: values that were read as JSON cannot be written: " + err.Error())
	}
	return append(text, '\n')
}

// daemonState is what a host has of the configuration, and what it should have.
type daemonState struct {
	content    []byte // of the file
	keys, ours daemonKeys
	want       daemonKeys // in the file
	record     daemonKeys
	taken      bool // the Engine was there before Cairn
	left       []string
}

func (d DockerDaemon) state(sys *system.System) (daemonState, error) {
	var s daemonState
	options, err := daemonKeysOf(d.Options.inline)
	if err != nil {
		return s, err
	}
	content, _, err := sys.Read(daemonFile)
	if err != nil {
		return s, err
	}
	s.content = content
	if s.keys, err = daemonKeysOf(content); err != nil {
		return s, problem.Wrap(problem.DockerRefuses, "", daemonFile+" is not JSON", err)
	}
	record, recorded, err := sys.Read(daemonRecord)
	if err != nil {
		return s, err
	}
	if s.ours, err = daemonKeysOf(record); err != nil {
		s.ours = daemonKeys{} // a damaged record makes everything the owner's
	}
	installed, err := dockerdIn(sys)
	s.taken = installed && !recorded
	s.merge(options)
	return s, err
}

// DockerPrograms are the places where the Docker Engine's program may be.
var DockerPrograms = []string{"/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd", "/snap/bin/dockerd"}

// dockerdIn reports whether the host has a Docker Engine.
func dockerdIn(sys *system.System) (bool, error) {
	for _, path := range DockerPrograms {
		if _, _, found, err := sys.Stat(path); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// merge decides on each key: the owner's value stays, and Cairn's own is updated.
func (s *daemonState) merge(options daemonKeys) {
	s.want, s.record = maps.Clone(s.keys), daemonKeys{}
	for _, key := range slices.Sorted(maps.Keys(options)) {
		value := options[key]
		_, set := s.keys[key]
		switch {
		case s.taken && !set:
			s.left = append(s.left, key+" is not set, and stays so, since Docker was here before Cairn")
		case s.keys.has(key, value):
			s.record[key] = value
		case !set, s.keys.has(key, s.ours[key]):
			s.want[key], s.record[key] = value, value
		default:
			s.left = append(s.left, key+" stays as you set it")
		}
	}
	for key, value := range s.ours {
		if _, still := options[key]; !still && s.keys.has(key, value) {
			delete(s.want, key)
		}
	}
	s.closeDoor()
	if s.taken {
		s.record = nil
	}
}

// closeDoor removes addresses on the network at which Docker asks for no certificate.
// Anybody who reaches one is root on the host (docs.docker.com, "Protect the Docker
// daemon socket").
func (s *daemonState) closeDoor() {
	var hosts []string
	if s.keys.has("tlsverify", json.RawMessage("true")) || json.Unmarshal(s.keys["hosts"], &hosts) != nil {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return strings.HasPrefix(h, "tcp://") })
	if len(kept) == len(hosts) {
		return
	}
	delete(s.want, "hosts")
	if len(kept) > 0 {
		s.want["hosts"], _ = json.Marshal(kept)
	}
}

// changed returns the keys in which the file differs from the wanted state, sorted.
func (s *daemonState) changed() []string {
	var names []string
	for key := range s.keys {
		if !s.want.has(key, s.keys[key]) {
			names = append(names, key)
		}
	}
	for key := range s.want {
		if _, there := s.keys[key]; !there {
			names = append(names, key)
		}
	}
	slices.Sort(names)
	return names
}

// Check implements [Resource].
func (d DockerDaemon) Check(ctx context.Context, sys *system.System) (Diff, error) {
	if d.Lacks != "" {
		return Diff{}, problem.New(problem.DockerLacks, "", d.Lacks)
	}
	s, err := d.state(sys)
	if err != nil {
		return Diff{}, err
	}
	seen := summary(s.content)
	properties := []property{{"file", seen, seen}}
	for _, key := range s.changed() {
		properties = append(properties, property{key, s.shown(key), valueOr(s.want[key])})
	}
	if !s.taken {
		properties = append(properties, property{"remembered as Cairn's", keyList(s.ours), keyList(s.record)})
	}
	stale, err := s.stale(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	force := "yes"
	switch {
	case stale && mayRestartDocker(ctx, sys):
		force = "no"
	case stale:
		s.left = append(s.left, "Docker reads it at its next start, which Cairn leaves to you: a restart now would stop the containers")
	}
	diff := compare(append(properties, property{"in force", force, "yes"})...)
	diff.Left = s.left
	return diff, nil
}

// shown returns the present value of a key, if it is Cairn's own. The owner's may be
// secret.
func (s *daemonState) shown(key string) string {
	value, set := s.keys[key]
	if set && !s.ours.has(key, value) {
		return "(not shown, which may be secret)"
	}
	return valueOr(value)
}

func valueOr(value json.RawMessage) string {
	if value == nil {
		return absent
	}
	return spelt(value)
}

func keyList(keys daemonKeys) string {
	if len(keys) == 0 {
		return "nothing"
	}
	return spelt(keys.text())
}

// stale reports whether Docker runs with older settings of Cairn's. Cairn does not
// restart Docker for the owner's own changes.
func (s *daemonState) stale(ctx context.Context, sys *system.System) (bool, error) {
	info, _, found, err := sys.Stat(daemonRecord)
	if err != nil || !found {
		return false, err
	}
	unit, err := unitStateOf(ctx, sys, dockerUnit)
	return unit.runs() && info.ModTime().After(unit.started), err
}

// mayRestartDocker reports whether a restart stops no container: none runs, or Docker
// keeps them running (docs.docker.com, "Live restore").
func mayRestartDocker(ctx context.Context, sys *system.System) bool {
	out, err := sys.Ask(ctx, "docker", "info", "--format", "{{.LiveRestoreEnabled}} {{.ContainersRunning}}")
	restores, running, _ := strings.Cut(strings.TrimSpace(string(out.Stdout)), " ")
	return err == nil && out.Exit == 0 && (restores == "true" || running == "0")
}

// Apply implements [Resource]. It writes the record after the file. A key that is only
// in the file counts as Cairn's if it has Cairn's value.
func (d DockerDaemon) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	s, err := d.state(sys)
	if err != nil {
		return err
	}
	if len(s.changed()) > 0 {
		if err := s.write(ctx, sys); err != nil {
			return err
		}
	}
	if !s.taken {
		record := File{Path: daemonRecord, Content: Inline(s.record.text()), Mode: 0o644}
		if _, err := Converge(ctx, sys, record, ""); err != nil {
			return err
		}
	}
	unit, err := unitStateOf(ctx, sys, dockerUnit)
	if err != nil || !unit.runs() || !mayRestartDocker(ctx, sys) {
		return err
	}
	// Restarts by others count towards the limit of starts (systemd.unit(5),
	// StartLimitBurst=).
	if _, err := sys.Run(ctx, "systemctl", "reset-failed", dockerUnit); err != nil {
		return err
	}
	_, err = sys.Run(ctx, "systemctl", "restart", dockerUnit)
	return err
}

// write replaces the file if Docker itself accepts the new one.
func (s *daemonState) write(ctx context.Context, sys *system.System) error {
	attributes := system.Attributes{Mode: system.FileMode(0o644)}
	_, have, found, err := sys.Stat(daemonFile)
	if err != nil {
		return err
	}
	if found {
		attributes = have
	}
	const candidate = "/run/cairn-docker-daemon.json"
	if err := sys.Write(candidate, s.want.text(), system.Attributes{Mode: system.FileMode(0o600)}); err != nil {
		return err
	}
	err = accepts(ctx, sys, candidate)
	if err := errors.Join(err, sys.Remove(candidate)); err != nil {
		return err
	}
	return sys.Write(daemonFile, s.want.text(), attributes)
}

// accepts lets Docker validate a configuration file. An Engine older than version 23
// cannot do that, and neither can one that is not installed.
func accepts(ctx context.Context, sys *system.System, path string) error {
	out, err := sys.Ask(ctx, "dockerd", "--validate", "--config-file", sys.Path(path))
	switch {
	case err != nil:
		return err
	case out.Exit == 0, out.Exit == system.MissingProgram, strings.Contains(string(out.Stderr), "unknown flag"):
		return nil
	}
	return problem.New(problem.DockerRefuses, "", "Docker does not accept its configuration: "+system.LastWords(out))
}

// Verify implements [Resource]. Docker itself reads the file.
func (d DockerDaemon) Verify(ctx context.Context, sys *system.System) error {
	diff, err := d.Check(ctx, sys)
	if err := errors.Join(err, different(d, diff)); err != nil {
		return err
	}
	if _, _, found, err := sys.Stat(daemonFile); !found || err != nil {
		return err
	}
	return accepts(ctx, sys, daemonFile)
}
