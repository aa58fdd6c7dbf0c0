package resource

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/system"
)

// SSHOption is a keyword of sshd_config(5) and its value.
type SSHOption struct {
	Keyword string `cbor:"1,keyasint"`
	Value   string `cbor:"2,keyasint"`
}

// SSHDropin is a file of /etc/ssh/sshd_config.d that sshd has read. The first
// value of a keyword wins, so the file's name has to sort before the others.
type SSHDropin struct {
	Name    string      `cbor:"1,keyasint"`
	Options []SSHOption `cbor:"2,keyasint"`
	// Ports are the only ports on which the server listens, lowest first. Without any,
	// the ports stay as they are. If ssh.socket listens for the server, the ports are
	// the socket's.
	Ports []uint16 `cbor:"3,keyasint,omitempty"`
}

// Kind implements [Resource].
func (SSHDropin) Kind() Kind { return "sshd-dropin" }

// Key implements [Resource].
func (s SSHDropin) Key() string { return s.Name }

var (
	dropinName = regexp.MustCompile(`^[0-9]{2}-[a-z0-9-]+\.conf$`)
	keyword    = regexp.MustCompile(`^[A-Za-z0-9]+$`)
)

// Validate implements [Resource].
func (s SSHDropin) Validate() error {
	if !dropinName.MatchString(s.Name) {
		return fmt.Errorf("%q cannot be the name of a drop-in: two digits, a word, .conf", s.Name)
	}
	for _, o := range s.Options {
		if !keyword.MatchString(o.Keyword) || o.Value == "" || strings.ContainsAny(o.Value, "\n\r") {
			return fmt.Errorf("%q %q is not an option of sshd", o.Keyword, o.Value)
		}
		if strings.EqualFold(o.Keyword, "Match") || strings.EqualFold(o.Keyword, "Include") {
			return fmt.Errorf("%s is not an option but decides over others", o.Keyword)
		}
	}
	if slices.Contains(s.Ports, 0) || !slices.IsSorted(s.Ports) {
		return fmt.Errorf("%v are not ports, lowest first", s.Ports)
	}
	return nil
}

const (
	sshdConfig  = "/etc/ssh/sshd_config"
	dropinDir   = "/etc/ssh/sshd_config.d/"
	includeLine = "Include /etc/ssh/sshd_config.d/*.conf"
	sshdProgram = system.SSHD
)

func (s SSHDropin) path() string { return dropinDir + s.Name }

func (s SSHDropin) file() File {
	var b strings.Builder
	b.WriteString("# Managed by Cairn. The first value of a keyword wins: what stands here cannot be overridden by later files.\n")
	for _, o := range s.Options {
		fmt.Fprintf(&b, "%s %s\n", o.Keyword, o.Value)
	}
	return File{Path: s.path(), Content: Inline(b.String()), Mode: 0o600}
}

// Check implements [Resource]. It also checks that sshd read its configuration
// after the file was written. So it notices a crash between the two.
func (s SSHDropin) Check(ctx context.Context, sys *system.System) (Diff, error) {
	with, _, err := s.withPorts(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	main, _, err := sys.Read(sshdConfig)
	if err != nil {
		return Diff{}, err
	}
	have, found, err := sys.Read(with.file().Path)
	if err != nil {
		return Diff{}, err
	}
	if err := s.obstacle(ctx, sys); err != nil {
		return Diff{}, err
	}
	first := mainFileOf(sys, main, with.file().Path).includesFirst()
	properties := []property{{"drop-ins are read first", yesNo(first), "yes"}}
	properties = append(properties, with.options(string(have), found)...)
	if len(s.Ports) > 0 {
		listening, err := s.listening(ctx, sys)
		if err != nil {
			return Diff{}, err
		}
		properties = append(properties, listening)
	}
	files, err := with.file().Check(ctx, sys)
	if err != nil {
		return Diff{}, err
	}
	if files.Empty() {
		current, err := sshdIsCurrent(ctx, sys, with.file().Path)
		if err != nil {
			return Diff{}, err
		}
		properties = append(properties, property{"in force", yesNo(current), "yes"})
	}
	d := compare(properties...)
	if d.Empty() && !files.Empty() {
		d.Changes = files.Changes
	}
	return d, nil
}

// options compares each option, so that a plan names each. If a keyword occurs
// several times, all its values count.
func (s SSHDropin) options(have string, found bool) []property {
	var there []SSHOption
	for line := range strings.Lines(have) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if found && key != "" && !strings.HasPrefix(key, "#") {
			there = append(there, SSHOption{key, value})
		}
	}
	set, wanted := valuesOf(there), valuesOf(s.Options)
	var properties []property
	for _, o := range s.Options {
		if want, first := wanted[o.Keyword]; first {
			properties = append(properties, property{o.Keyword, cmp.Or(set[o.Keyword], "not set"), want})
		}
		delete(set, o.Keyword)
		delete(wanted, o.Keyword)
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		properties = append(properties, property{key, set[key], "not set"})
	}
	return properties
}

// valuesOf returns the values of each keyword, in order.
func valuesOf(options []SSHOption) map[string]string {
	values := map[string]string{}
	for _, o := range options {
		if before, more := values[o.Keyword]; more {
			o.Value = before + " and " + o.Value
		}
		values[o.Keyword] = o.Value
	}
	return values
}

// Apply implements [Resource].
func (s SSHDropin) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	if err := s.Precheck(ctx, sys); err != nil {
		return err
	}
	if err := s.writeFiles(ctx, sys); err != nil {
		return err
	}
	if _, err := sys.Run(ctx, sshdProgram, "-t"); err != nil {
		return err
	}
	if err := labelPorts(ctx, sys, s.Ports); err != nil {
		return err
	}
	return s.listen(ctx, sys)
}

// writeFiles writes the drop-in and makes sshd_config read it. It removes unwanted
// ports from other files.
func (s SSHDropin) writeFiles(ctx context.Context, sys *system.System) error {
	s, ports, err := s.withPorts(ctx, sys)
	if err != nil {
		return err
	}
	if err := s.file().Apply(ctx, sys, Diff{}); err != nil {
		return err
	}
	if err := ports.put(sys); err != nil {
		return err
	}
	main, _, err := sys.Read(sshdConfig)
	if err != nil {
		return err
	}
	if file := mainFileOf(sys, main, s.file().Path); !file.includesFirst() {
		_, have, _, err := sys.Stat(sshdConfig)
		if err != nil {
			return err
		}
		if err := sys.Write(sshdConfig, file.withIncludeFirst(), have); err != nil {
			return err
		}
	}
	return nil
}

// Precheck implements [Guardable]. sshd tests the planned configuration. No other
// file may take precedence over the drop-in.
func (s SSHDropin) Precheck(ctx context.Context, sys *system.System) error {
	if err := s.notListening(ctx, sys); err != nil {
		return err
	}
	return s.staged(ctx, sys, func(path string) error {
		if _, err := sys.Run(ctx, sshdProgram, "-t", "-f", path); err != nil {
			return err
		}
		return s.wins(ctx, sys, "-f", path)
	})
}

// Verify implements [Resource]. `sshd -T` prints the result of all files
// (sshd(8)).
func (s SSHDropin) Verify(ctx context.Context, sys *system.System) error {
	if err := s.wins(ctx, sys); err != nil || len(s.Ports) == 0 {
		return err
	}
	listening, err := s.listening(ctx, sys)
	if err == nil && listening.have != listening.want {
		err = fmt.Errorf("the SSH server listens on port %s instead of %s", listening.have, listening.want)
	}
	return err
}

// Capture implements [Guardable].
func (s SSHDropin) Capture(ctx context.Context, sys *system.System) (system.Undo, error) {
	_, ports, err := s.withPorts(ctx, sys)
	if err != nil {
		return system.Undo{}, err
	}
	paths := []string{s.path(), sshdConfig}
	for _, file := range slices.Sorted(maps.Keys(ports.foreign)) {
		if file != sshdConfig {
			paths = append(paths, file)
		}
	}
	if len(s.Ports) > 0 {
		paths = append(paths, SocketDropin(sys.Distro().SSH))
	}
	undo, err := sys.CaptureFiles(paths...)
	if err != nil {
		return system.Undo{}, err
	}
	server, err := captureServer(ctx, sys)
	if err != nil {
		return system.Undo{}, err
	}
	undo.Commands = append(undo.Commands, server...)
	state, err := sys.CaptureState(ctx, sshdTells...)
	undo.States = append(undo.States, state)
	return undo, err
}

// Persist implements [Guardable].
func (SSHDropin) Persist(context.Context, *system.System) error { return nil }
