package resource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cairn/internal/system"
)

// User is a local user. An existing account keeps what belongs to its owner:
// password, home, shell, numbers, comment and groups. A new account has no
// password and can log in by key only.
type User struct {
	Name   string   `cbor:"1,keyasint"`
	Home   string   `cbor:"2,keyasint"`           // of a new user
	Shell  string   `cbor:"3,keyasint"`           // of a new user, and of one whose own lets nobody in
	Groups []string `cbor:"4,keyasint,omitempty"` // to be in, besides whatever others
	System bool     `cbor:"5,keyasint,omitempty"` // numbered among the system's, when it is made
}

// Kind implements [Resource].
func (User) Kind() Kind { return "user" }

// Key implements [Resource].
func (u User) Key() string { return u.Name }

// Validate implements [Resource].
func (u User) Validate() error {
	err := errors.Join(system.ValidName("user", u.Name), system.Absolute(u.Home), system.Absolute(u.Shell))
	for _, group := range u.Groups {
		err = errors.Join(err, system.ValidName("group", group))
	}
	if u.Name == "root" {
		err = errors.Join(err, errors.New("the account root is not changed"))
	}
	return err
}

// Check implements [Resource]. It also finds the leftovers of an interrupted
// useradd(8), which writes the account files one after the other and the home
// last.
func (u User) Check(_ context.Context, sys *system.System) (Diff, error) {
	have, found, err := sys.AccountOf(u.Name)
	if err != nil {
		return Diff{}, err
	}
	if !found {
		return compare(property{"user", absent, "home " + u.Home + ", shell " + u.Shell + ", groups " + strings.Join(u.Groups, " ")}), nil
	}
	parts, err := sys.PartsOf(have)
	if err != nil {
		return Diff{}, err
	}
	groups, err := sys.GroupsOf(u.Name)
	if err != nil {
		return Diff{}, err
	}
	shell, err := u.shellFor(sys, have)
	if err != nil {
		return Diff{}, err
	}
	properties := []property{
		{"shell", have.Shell, shell},
		{"entry in /etc/shadow", system.Presence(parts.Shadow), system.Presence(true)},
		{"own group", system.Presence(parts.Group), system.Presence(true)},
		{"home " + have.Home, system.Presence(parts.Home), system.Presence(true)},
	}
	for _, group := range u.Groups {
		properties = append(properties, property{"in group " + group, yesNo(slices.Contains(groups, group)), "yes"})
	}
	return compare(properties...), nil
}

// Apply implements [Resource].
func (u User) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	have, found, err := sys.AccountOf(u.Name)
	if err != nil {
		return err
	}
	if !found {
		if have, err = u.add(ctx, sys); err != nil {
			return err
		}
	}
	if err := sys.Complete(ctx, have); err != nil {
		return err
	}
	shell, err := u.shellFor(sys, have)
	if err != nil {
		return err
	}
	argv := []string{"usermod", "--shell", shell}
	if len(u.Groups) > 0 {
		argv = append(argv, "--append", "--groups", strings.Join(u.Groups, ","))
	}
	_, err = sys.Run(ctx, append(argv, u.Name)...)
	return err
}

// shellFor returns the shell that the account should have: its own if that lets
// somebody in. An empty one means /bin/sh (passwd(5)).
func (u User) shellFor(sys *system.System, have system.Account) (string, error) {
	if slices.Contains(closedShells, filepath.Base(have.Shell)) {
		return u.Shell, nil
	}
	if have.Shell == "" {
		return have.Shell, nil
	}
	there, err := sys.IsProgram(have.Shell)
	if err != nil || there {
		return have.Shell, err
	}
	return u.Shell, nil
}

// closedShells are programs that replace the shell of accounts without login
// (nologin(8)).
var closedShells = []string{"nologin", "false", "sync"}

// add makes the user, without the home.
func (u User) add(ctx context.Context, sys *system.System) (system.Account, error) {
	argv := []string{"useradd", "--no-create-home", "--home-dir", u.Home, "--shell", u.Shell}
	if u.System {
		argv = append(argv, "--system")
	}
	_, taken, err := sys.GroupID(u.Name)
	if err != nil {
		return system.Account{}, err
	}
	if taken {
		// useradd would make a group with the user's name, and fails if there is one.
		argv = append(argv, "--gid", u.Name)
	}
	if _, err := sys.Run(ctx, append(argv, u.Name)...); err != nil {
		return system.Account{}, err
	}
	have, found, err := sys.AccountOf(u.Name)
	if err == nil && !found {
		err = fmt.Errorf("useradd did not make the user %s", u.Name)
	}
	return have, err
}

// Verify implements [Resource]. It uses id(1) and getent(1), which read through
// the name service as a login does.
func (u User) Verify(ctx context.Context, sys *system.System) error {
	passwd, err := sys.Run(ctx, "getent", "passwd", u.Name)
	if err != nil {
		return err
	}
	fields := strings.Split(strings.TrimRight(string(passwd.Stdout), "\n"), ":")
	if len(fields) != 7 {
		return fmt.Errorf("the account of %s has %d parts instead of 7", u.Name, len(fields))
	}
	if shell, err := u.shellFor(sys, system.Account{Name: u.Name, Shell: fields[6]}); err != nil || shell != fields[6] {
		return errors.Join(err, fmt.Errorf("%s has %q as shell, which lets nobody in", u.Name, fields[6]))
	}
	if home, err := os.Stat(sys.Path(fields[5])); err != nil || !home.IsDir() {
		return fmt.Errorf("%s has no home at %s", u.Name, fields[5])
	}
	if _, err := sys.Run(ctx, "getent", "shadow", u.Name); err != nil {
		return err
	}
	out, err := sys.Run(ctx, "id", "--groups", "--name", u.Name)
	if err != nil {
		return err
	}
	for _, group := range u.Groups {
		if !slices.Contains(strings.Fields(string(out.Stdout)), group) {
			return fmt.Errorf("%s is not in the group %s", u.Name, group)
		}
	}
	return nil
}

// Precheck implements [Guardable].
func (u User) Precheck(_ context.Context, sys *system.System) error {
	have, found, err := sys.AccountOf(u.Name)
	if err != nil {
		return err
	}
	shell := u.Shell
	if found {
		if shell, err = u.shellFor(sys, have); err != nil || shell != u.Shell {
			return err
		}
	}
	there, err := sys.IsProgram(shell)
	if err == nil && !there {
		return fmt.Errorf("the shell %s is not there, so %s could not log in", shell, u.Name)
	}
	return err
}

// Capture implements [Guardable].
func (u User) Capture(_ context.Context, sys *system.System) (system.Undo, error) {
	home := u.Home
	have, found, err := sys.AccountOf(u.Name)
	if err != nil {
		return system.Undo{}, err
	}
	if found {
		home = have.Home
	}
	files := slices.Clone(accountFiles)
	if _, _, found, err := sys.Stat(home); err != nil || !found {
		// An unfinished home has files in it already.
		files = append(files, system.UnfinishedAt(home), home)
	}
	return sys.CaptureFiles(files...)
}

// Persist implements [Guardable].
func (User) Persist(context.Context, *system.System) error { return nil }
