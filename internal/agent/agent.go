package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cairn/internal/system"
)

// DefaultState is the directory of an agent's records.
const DefaultState = "/var/lib/cairn"

// Agent is one process of the agent on its host.
type Agent struct {
	System  *system.System
	State   string // the state directory
	Work    string // the directory in memory for what runs need while they last
	Program string // the path of this program
	Now     func() time.Time
}

// remembering returns the agent for one look at the host, which runs each program
// once ([system.System.Remembering]).
func (a *Agent) remembering() *Agent {
	looking := *a
	looking.System = a.System.Remembering()
	return &looking
}

// argv returns the command line with which systemd calls this program again.
func (a *Agent) argv(words ...string) []string {
	return append([]string{a.Program, "-state", a.State}, words...)
}

// Sum returns the SHA-256 of this program, in hex.
func (a *Agent) Sum() (string, error) {
	file, err := os.Open(a.Program)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// runID matches valid ids of runs. An id becomes the name of a directory and of a
// unit.
var runID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// runDir returns a run's directory.
func (a *Agent) runDir(id string) (string, error) {
	if !runID.MatchString(id) {
		return "", fmt.Errorf("%q cannot be the id of a run", id)
	}
	return filepath.Join(a.State, "runs", id), nil
}

// guardDir returns a guard's directory.
func (a *Agent) guardDir(run, guard string) (string, error) {
	dir, err := a.runDir(run)
	if err != nil {
		return "", err
	}
	if !runID.MatchString(guard) {
		return "", fmt.Errorf("%q cannot be the id of a guard", guard)
	}
	return filepath.Join(dir, "guards", guard), nil
}

// flock takes a lock at once, or returns nil if another process has it. The kernel
// releases it when this process ends.
func flock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, file.Close()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// epoch returns the highest fencing epoch that the host has seen.
func (a *Agent) epoch() (uint64, error) {
	text, err := os.ReadFile(filepath.Join(a.State, "epoch"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}

// bootID tells one boot of the host from the next (random(4)). A container has the
// machine's id, so the start of process 1 is added.
func (a *Agent) bootID() string {
	id, _ := os.ReadFile(filepath.Join(a.System.Root, "/proc/sys/kernel/random/boot_id"))
	return strings.TrimSpace(string(id)) + "-" + startOfInit(filepath.Join(a.System.Root, "/proc/1/stat"))
}

// startOfInit returns when process 1 started, in clock ticks since the machine
// started (field 22 of proc_pid_stat(5)).
func startOfInit(path string) string {
	stat, _ := os.ReadFile(path)
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}
