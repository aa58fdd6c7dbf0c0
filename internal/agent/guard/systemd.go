package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cairn/internal/system"
)

// Systemd is the alarm on hosts with systemd. For the deadline it uses a transient
// timer (systemd-run(1)), which belongs to no session. A restart of the host ends
// transient timers, so for that case it uses a unit that runs before the network is
// up.
type Systemd struct {
	System *system.System
	// Agent is the program, with its full path, and its first arguments. "rollback
	// DIR" is added.
	Agent []string
}

const (
	unitDir  = "/etc/systemd/system/"
	wantsDir = "/etc/systemd/system/sysinit.target.wants/"
	prefix   = "cairn-guard-"
	bootEnd  = "-boot.service"
)

// unitName returns the name of a guard's units, without the suffix.
func unitName(dir string) string {
	digest := sha256.Sum256([]byte(dir))
	return prefix + hex.EncodeToString(digest[:6])
}

// Arm implements [Alarm]. The timer comes first: a process that finds a boot unit can
// count on a timer that takes it away.
func (a Systemd) Arm(ctx context.Context, dir string, after time.Duration) error {
	if err := a.armTimer(ctx, dir, after); err != nil {
		return fmt.Errorf("the timer: %w", err)
	}
	if err := a.armBoot(ctx, dir); err != nil {
		return fmt.Errorf("the unit at boot: %w", err)
	}
	return nil
}

// serviceProperties are those of the service that the timer and the restart start.
// It is repeated if it is killed or cannot read its files. It runs sshd(8), which
// needs its run-time directory even when no server runs. When the host shuts down,
// the programs that it called may end by themselves.
var serviceProperties = []string{
	"Type=oneshot", "KillMode=mixed", "Restart=on-failure", "RestartSec=5s", "RuntimeDirectory=sshd", "RuntimeDirectoryMode=0755", "RuntimeDirectoryPreserve=yes",
}

func (a Systemd) armTimer(ctx context.Context, dir string, after time.Duration) error {
	if a.startTimer(ctx, dir, after) != nil {
		// An armed timer is in the way.
		if err := a.stopTimer(ctx, dir); err != nil {
			return err
		}
		if err := a.startTimer(ctx, dir, after); err != nil {
			return err
		}
	}
	return a.run(ctx, "systemctl", "is-active", "--quiet", unitName(dir)+".timer")
}

func (a Systemd) startTimer(ctx context.Context, dir string, after time.Duration) error {
	argv := []string{
		"systemd-run", "--quiet", "--collect", "--unit=" + unitName(dir), fmt.Sprintf("--on-active=%dms", after.Milliseconds()),
		"--timer-property=AccuracySec=100ms",
	}
	for _, property := range serviceProperties {
		argv = append(argv, "--property="+property)
	}
	argv = append(append(argv, "--"), a.Agent...)
	return a.run(ctx, append(argv, "rollback", dir)...)
}

// stopTimer stops the timer, but not the service that it may have started. That
// service may be the caller.
func (a Systemd) stopTimer(ctx context.Context, dir string) error {
	// Stopping a missing unit fails, and does no harm. What counts is the timer's
	// state afterwards.
	timer := unitName(dir) + ".timer"
	if _, err := a.System.Runner.Run(ctx, system.Command{Argv: []string{"systemctl", "stop", timer}}); err != nil {
		return err
	}
	out, err := a.System.Runner.Run(ctx, system.Command{Argv: []string{"systemctl", "is-active", "--quiet", timer}})
	if err == nil && out.Exit == 0 {
		return fmt.Errorf("%s does not stop", timer)
	}
	return err
}

func (a Systemd) armBoot(ctx context.Context, dir string) error {
	name := unitName(dir) + bootEnd
	if err := system.ReplaceFile(a.path(unitDir, name), []byte(a.bootUnit(dir)), 0o644); err != nil {
		return err
	}
	link := a.path(wantsDir, name)
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(unitDir+name, link); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := system.SyncDir(filepath.Dir(link)); err != nil {
		return err
	}
	return a.run(ctx, "systemctl", "is-enabled", "--quiet", name)
}

// bootUnit runs once the file systems are mounted, before the network and the SSH
// server (systemd.special(7), bootup(7)).
func (a Systemd) bootUnit(dir string) string {
	return fmt.Sprintf(`[Unit]
Description=Put back what an unconfirmed change of Cairn left
DefaultDependencies=no
RequiresMountsFor=%s
After=local-fs.target
Wants=network-pre.target
Before=network-pre.target ssh.service ssh.socket shutdown.target
Conflicts=shutdown.target

[Service]
%s
ExecStart=%s

[Install]
WantedBy=sysinit.target
`, quote(dir), strings.Join(serviceProperties, "\n"), quote(append(a.Agent[:len(a.Agent):len(a.Agent)], "rollback", dir)...))
}

// quote writes words so that systemd reads them unchanged (systemd.syntax(7),
// "Quoting", and systemd.service(5), "Command lines").
func quote(words ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`)
	quoted := make([]string, 0, len(words))
	for _, word := range words {
		quoted = append(quoted, `"`+escape.Replace(word)+`"`)
	}
	return strings.Join(quoted, " ")
}

// Disarm implements [Alarm]. The boot unit goes first, for the reason that it comes
// last in [Systemd.Arm].
func (a Systemd) Disarm(ctx context.Context, dir string) error {
	name := unitName(dir) + bootEnd
	paths, err := filepath.Glob(a.path(unitDir, system.Unfinished(name))) // of a process that was killed
	if err != nil {
		return err
	}
	for _, path := range append(paths, a.path(wantsDir, name), a.path(unitDir, name)) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := system.SyncDir(a.path(unitDir)); err != nil {
		return err
	}
	return a.stopTimer(ctx, dir)
}

// Others implements [Alarm].
func (a Systemd) Others(_ context.Context, dir string) (bool, error) {
	units, err := filepath.Glob(a.path(unitDir, prefix+"*"+bootEnd))
	if err != nil {
		return false, err
	}
	for _, unit := range units {
		if filepath.Base(unit) != unitName(dir)+bootEnd {
			return true, nil
		}
	}
	return false, nil
}

func (a Systemd) path(parts ...string) string {
	return filepath.Join(append([]string{a.System.Root}, parts...)...)
}

func (a Systemd) run(ctx context.Context, argv ...string) error {
	out, err := a.System.Runner.Run(ctx, system.Command{Argv: argv})
	if err != nil {
		return err
	}
	if out.Exit != 0 {
		return fmt.Errorf("`%s` failed with exit code %d: %s", strings.Join(argv, " "), out.Exit, strings.TrimSpace(string(out.Stderr)))
	}
	return nil
}
