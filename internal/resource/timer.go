package resource

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cairn/internal/system"
)

// Timer runs a command at times of the calendar: a systemd timer with its own
// service.
type Timer struct {
	Name        string   `cbor:"1,keyasint"` // of the units, without suffix
	Description string   `cbor:"2,keyasint"`
	OnCalendar  string   `cbor:"3,keyasint"` // systemd.time(7)
	Command     []string `cbor:"4,keyasint"` // an absolute path and its arguments; no secret
}

// Kind implements [Resource].
func (Timer) Kind() Kind { return "timer" }

// Key implements [Resource].
func (t Timer) Key() string { return t.Name }

var timerName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Validate implements [Resource].
func (t Timer) Validate() error {
	switch {
	case !timerName.MatchString(t.Name):
		return fmt.Errorf("%q cannot be the name of a timer", t.Name)
	case len(t.Command) == 0 || system.Absolute(t.Command[0]) != nil:
		return errors.New("the command has to begin with an absolute path")
	case t.OnCalendar == "":
		return errors.New("no time is given")
	case strings.ContainsAny(t.Description+t.OnCalendar+strings.Join(t.Command, ""), "\n\r"):
		return errors.New("a line break would end the setting")
	}
	return nil
}

// parts are the units of a timer, in the order in which they are made. A running
// timer keeps its old times until it is restarted. The unit does that.
func (t Timer) parts() []Unit {
	yes := true
	return []Unit{
		{Name: t.Name + ".service", Content: Inline(t.service())},
		{Name: t.Name + ".timer", Content: Inline(t.timer()), Enabled: &yes, Active: &yes},
	}
}

func (t Timer) service() string {
	var quoted []string
	for _, word := range t.Command {
		quoted = append(quoted, quoteExec(word))
	}
	return fmt.Sprintf("[Unit]\nDescription=%s\n\n[Service]\nType=oneshot\nExecStart=%s\n", t.Description, strings.Join(quoted, " "))
}

func (t Timer) timer() string {
	return fmt.Sprintf("[Unit]\nDescription=%s\n\n[Timer]\nOnCalendar=%s\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n", t.Description, t.OnCalendar)
}

// quoteExec quotes a word so that systemd takes it literally (systemd.service(5),
// "Command lines").
func quoteExec(word string) string {
	word = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`).Replace(word)
	return `"` + word + `"`
}

// Check implements [Resource].
func (t Timer) Check(ctx context.Context, sys *system.System) (Diff, error) {
	var parts []Diff
	for _, part := range t.parts() {
		d, err := part.Check(ctx, sys)
		if err != nil {
			return Diff{}, err
		}
		parts = append(parts, d.named(part.Name))
	}
	return merge(parts...), nil
}

// Apply implements [Resource].
func (t Timer) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	if _, err := sys.Run(ctx, "systemd-analyze", "calendar", "--", t.OnCalendar); err != nil {
		return err
	}
	for _, part := range t.parts() {
		if err := part.Apply(ctx, sys, Diff{}); err != nil {
			return err
		}
	}
	return nil
}

// Verify implements [Resource].
func (t Timer) Verify(ctx context.Context, sys *system.System) error {
	var all error
	for _, part := range t.parts() {
		all = errors.Join(all, part.Verify(ctx, sys))
	}
	return all
}
