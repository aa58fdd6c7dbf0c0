package guard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"cairn/internal/resource"
	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// sshAhead refuses a change that would keep the owner out, as far as the host can
// tell beforehand. It checks how the SSH server would treat the owner with the
// staged configuration, and the owner's account, keys and sudo.
func sshAhead(ctx context.Context, g *guard, _ []string) error {
	staged, err := g.stage(ctx)
	if err != nil {
		return fmt.Errorf("the new configuration of the SSH server could not be prepared for a trial: %w", err)
	}
	if !staged {
		return nil // this guard does not change the way in, or it does not exist yet
	}
	owner := g.plan.owner()
	if owner == "" {
		return nil
	}
	now, err := g.effective(ctx, "")
	if err != nil {
		return err
	}
	then, err := g.effective(ctx, StagedConfig(g.Dir))
	if err != nil {
		return err
	}
	if err := g.wayIn(now, then); err != nil {
		return err
	}
	return g.lookAt(ctx, then)
}

// stager returns the plan's resource that changes the SSH server's configuration.
func (g *guard) stager() (resource.Stager, bool) {
	for _, step := range g.plan.Steps {
		if stager, ok := step.Resource.(resource.Stager); ok {
			return stager, true
		}
	}
	return nil, false
}

// stage writes the SSH server's future configuration to the guard's directory. For
// a trial login without such a change it writes the present one.
func (g *guard) stage(ctx context.Context) (staged bool, err error) {
	stager, changes := g.stager()
	var config []byte
	switch {
	case changes:
		config, err = stager.Stage(ctx, g.System)
	case g.plan.Trial:
		config, err = os.ReadFile(filepath.Join(g.System.Root, "/etc/ssh/sshd_config"))
	default:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, system.ReplaceFile(StagedConfig(g.Dir), config, 0o600)
}

// wayIn refuses a server that would not listen where the owner is to log in. If the
// plan names no such port, the server must keep all its ports.
func (g *guard) wayIn(now, then settings) error {
	if port := strconv.Itoa(int(g.plan.Port)); g.plan.Port != 0 {
		if slices.Contains(then.ports(), port) {
			return nil
		}
		return fmt.Errorf("the SSH server would not listen on port %s, where you are to log in", port)
	}
	if lost := lostPorts(now, then); len(lost) > 0 {
		return fmt.Errorf("the SSH server would no longer listen on port %s: let it listen on both ports until the new one is proven", strings.Join(lost, ", "))
	}
	return nil
}

// sshAfter checks the same once everything is applied.
func sshAfter(ctx context.Context, g *guard, _ []string) error {
	if g.plan.owner() == "" {
		return nil
	}
	now, err := g.effective(ctx, "")
	if err != nil {
		return err
	}
	return g.lookAt(ctx, now)
}

// lookAt returns an error with every reason why the owner could not log in and use
// sudo.
func (g *guard) lookAt(ctx context.Context, config settings) error {
	user, err := g.lookUp(ctx, g.plan.owner())
	if err != nil {
		return err
	}
	reasons := config.refuses(user, g.plan.Peer)
	if revoked, err := resource.Revokes(ctx, g.System, config.first("revokedkeys"), g.ownersKey()); err != nil {
		return err
	} else if revoked.Why != "" {
		reasons = append(reasons, "RevokedKeys keeps the key out: "+revoked.Why)
	}
	reasons = g.placed(ctx, reasons)
	reasons = append(reasons, user.unusable(g.Now(), config.is("usepam", "yes"))...)
	reasons = append(reasons, g.withoutShell(user)...)
	reasons = append(reasons, g.withoutKey(config, user)...)
	if user.uid != 0 {
		reasons = append(reasons, g.withoutSudo(ctx, user)...)
	}
	if len(reasons) > 0 {
		return fmt.Errorf("%s could not get in: %s", user.name, strings.Join(reasons, "; "))
	}
	return nil
}

// placed adds to each reason, which begins with a keyword, where that keyword
// stands in the owner's own files.
func (g *guard) placed(ctx context.Context, reasons []string) []string {
	if len(reasons) == 0 {
		return nil
	}
	settings, err := sshdconf.Files{Root: g.System.Root}.ReadServer(resource.SSHServer(ctx, g.System))
	if err != nil {
		return reasons // sshd has read the files too, and reports errors itself
	}
	for i, reason := range reasons {
		keyword, _, _ := strings.Cut(reason, " ")
		var places []string
		for _, s := range settings {
			if s.File != sshdconf.Own && s.Keyword == strings.ToLower(keyword) {
				places = append(places, s.Place())
			}
		}
		if len(places) > 0 {
			reasons[i] += ", in " + strings.Join(places, " and ")
		}
	}
	return reasons
}

// effective returns sshd's effective settings for the owner's connection (sshd(8),
// -T and -C).
func (g *guard) effective(ctx context.Context, config string) (settings, error) {
	options := g.options
	if options == nil {
		options = resource.SSHDOptions(ctx, g.System)
	}
	argv := resource.SSHDTells(g.login(), options)
	if config != "" {
		argv = append(argv, "-f", config) // overrides a -f of the server's own
	}
	out, err := g.System.Runner.Run(ctx, system.Command{Argv: argv})
	if err != nil {
		return nil, err
	}
	if out.Exit != 0 {
		return nil, fmt.Errorf("the SSH server does not accept its configuration: %s", strings.TrimSpace(string(out.Stderr)))
	}
	return parseSettings(string(out.Stdout)), nil
}

// login describes the owner's login.
func (g *guard) login() sshdconf.Login {
	return sshdconf.Login{User: g.plan.owner(), Peer: g.plan.Peer, Local: g.plan.Local, Port: g.plan.LocalPort}
}

// lookUp asks the name service for a user, as sshd does.
func (g *guard) lookUp(ctx context.Context, name string) (user, error) {
	passwd, err := g.output(ctx, "getent", "passwd", name)
	if err != nil {
		return user{}, fmt.Errorf("there is no user %s: %w", name, err)
	}
	groups, err := g.output(ctx, "id", "-Gn", name)
	if err != nil {
		return user{}, err
	}
	shadow, err := g.output(ctx, "getent", "shadow", name)
	if err != nil {
		return user{}, err
	}
	return parseUser(passwd, groups, shadow)
}

func (g *guard) output(ctx context.Context, argv ...string) (string, error) {
	out, err := g.System.Runner.Run(ctx, system.Command{Argv: argv})
	if err == nil && out.Exit != 0 {
		err = fmt.Errorf("`%s` failed with exit code %d", strings.Join(argv, " "), out.Exit)
	}
	return strings.TrimSpace(string(out.Stdout)), err
}

// withoutShell returns why the user gets no shell. sshd refuses a user whose shell
// cannot be run. pam_nologin(8) refuses everybody but root while /etc/nologin
// exists.
func (g *guard) withoutShell(u user) []string {
	var reasons []string
	info, err := g.stat(u.shell)
	if err != nil || !info.isRegular() || info.mode()&0o111 == 0 {
		reasons = append(reasons, "the shell "+u.shell+" cannot be run")
	}
	if base := filepath.Base(u.shell); base == "nologin" || base == "false" {
		reasons = append(reasons, "the shell "+u.shell+" lets nobody in")
	}
	if _, err := g.stat("/etc/nologin"); err == nil && u.uid != 0 {
		reasons = append(reasons, "/etc/nologin keeps everybody but root out")
	}
	return reasons
}

// withoutSudo runs sudo as the owner would, and returns why it fails.
func (g *guard) withoutSudo(ctx context.Context, u user) []string {
	out, err := g.System.Runner.Run(ctx, system.Command{Argv: []string{"runuser", "-u", u.name, "--", "sudo", "-n", "true"}})
	if err != nil {
		return []string{"sudo could not be tried: " + err.Error()}
	}
	if out.Exit != 0 {
		return []string{"sudo without a password does not work: " + strings.TrimSpace(string(out.Stderr))}
	}
	return nil
}

// lasting refuses a guard whose agent is in /run, which is empty after a restart
// (file-hierarchy(7)). The agent is there if no other place lets it run.
func (g *guard) lasting() error {
	if strings.HasPrefix(g.Dir, "/run/") {
		return fmt.Errorf("the agent could only be put into %s. A restart empties that folder, so nothing could put the host back", g.Dir)
	}
	return nil
}

// leastRoom is the free disk space that a guard needs, in bytes: for the way back,
// and for what the subsystems write meanwhile.
const leastRoom = 16 << 20

// room refuses to begin on a full disk, where the way back might not fit.
func (g *guard) room() error {
	for _, path := range []string{g.Dir, filepath.Join(g.System.Root, "/etc")} {
		var disk syscall.Statfs_t
		err := syscall.Statfs(path, &disk)
		if errors.Is(err, syscall.ENOENT) {
			continue
		}
		if err != nil {
			return fmt.Errorf("the free space of %s is not known: %w", path, err)
		}
		if disk.Bavail*uint64(disk.Bsize) < leastRoom || disk.Files > 0 && disk.Ffree < 64 {
			return fmt.Errorf("there is too little space left on the disk of %s to change anything safely", path)
		}
	}
	return nil
}
