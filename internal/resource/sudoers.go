package resource

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"cairn/internal/system"
)

// Sudoers is a file of /etc/sudoers.d.
type Sudoers struct {
	Name    string  `cbor:"1,keyasint"`
	Content Content `cbor:"2,keyasint"`
}

// Kind implements [Resource].
func (Sudoers) Kind() Kind { return "sudoers" }

// Key implements [Resource].
func (s Sudoers) Key() string { return s.Name }

// sudoersName matches valid names. sudo ignores names with a dot or a tilde
// (sudoers(5), "Including other files").
var sudoersName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Validate implements [Resource].
func (s Sudoers) Validate() error {
	if !sudoersName.MatchString(s.Name) {
		return fmt.Errorf("sudo would ignore a file called %q", s.Name)
	}
	return s.Content.validate(true)
}

func (s Sudoers) contents(change func(Content, use) Content) Resource {
	s.Content = change(s.Content, 0)
	return s
}

func (s Sudoers) file() File {
	return File{Path: "/etc/sudoers.d/" + s.Name, Content: s.Content, Mode: 0o440}
}

// Check implements [Resource].
func (s Sudoers) Check(ctx context.Context, sys *system.System) (Diff, error) {
	return s.file().Check(ctx, sys)
}

// Precheck implements [Guardable]. visudo(8) refuses a file that sudo could not
// read, before it is in place. It also checks the files already there: an error in
// one of them would later count against this file, so it is reported now.
func (s Sudoers) Precheck(ctx context.Context, sys *system.System) error {
	content, err := s.Content.bytes()
	if err != nil {
		return err
	}
	if _, err := sys.RunWith(ctx, system.Command{Argv: []string{"visudo", "--check", "--file=-"}, Stdin: content}); err != nil {
		return err
	}
	out, err := sys.Ask(ctx, "visudo", "--check")
	if err != nil || out.Exit == 0 {
		return err
	}
	if line := s.complaint(string(out.Stdout) + string(out.Stderr)); line != "" {
		return fmt.Errorf("visudo refuses a file that is there already: %s", line)
	}
	return nil
}

// complaint returns visudo's first complaint about another file. This file does
// not count, because it is about to be replaced.
func (s Sudoers) complaint(said string) string {
	for line := range strings.Lines(said) {
		path, verdict, _ := strings.Cut(strings.TrimSpace(line), ":")
		if strings.HasPrefix(path, "/etc/sudoers") && path != s.file().Path && verdict != " parsed OK" {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Apply implements [Resource].
func (s Sudoers) Apply(ctx context.Context, sys *system.System, d Diff) error {
	if err := s.Precheck(ctx, sys); err != nil {
		return err
	}
	return s.file().Apply(ctx, sys, d)
}

// Verify implements [Resource]. visudo reads all files as sudo does, and names
// each of them.
func (s Sudoers) Verify(ctx context.Context, sys *system.System) error {
	if err := s.file().Verify(ctx, sys); err != nil {
		return err
	}
	out, err := sys.Run(ctx, "visudo", "--check")
	if err != nil {
		return err
	}
	if !strings.Contains(string(out.Stdout), s.file().Path+":") {
		return fmt.Errorf("sudo does not read %s: /etc/sudoers lacks the line @includedir /etc/sudoers.d", s.file().Path)
	}
	return nil
}

// Capture implements [Guardable].
func (s Sudoers) Capture(ctx context.Context, sys *system.System) (system.Undo, error) {
	return s.file().Capture(ctx, sys)
}

// Persist implements [Guardable].
func (Sudoers) Persist(context.Context, *system.System) error { return nil }
