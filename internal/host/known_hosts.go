package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// knownHosts holds the pinned keys, in OpenSSH's format (sshd(8), SSH_KNOWN_HOSTS
// FILE FORMAT). The names are those of the lab, so a host that moves to another
// address stays the same host. Several programs may pin at the same time. It is
// safe for concurrent use.
type knownHosts struct {
	path string

	mu   sync.Mutex
	keys map[string]ssh.PublicKey
}

// openKnownHosts reads the file in dir. A missing file counts as empty.
func openKnownHosts(dir string) (*knownHosts, error) {
	k := &knownHosts{path: filepath.Join(dir, "known_hosts")}
	_, keys, err := k.read()
	k.keys = keys
	return k, err
}

// read returns the file's lines and the keys in them.
func (k *knownHosts) read() (lines [][]byte, keys map[string]ssh.PublicKey, err error) {
	content, err := os.ReadFile(k.path)
	// A missing folder is reported on write.
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return nil, nil, problem.Wrap(problem.HostKnownHostsBad, k.path, "the pinned host keys cannot be read", err)
	}
	keys = map[string]ssh.PublicKey{}
	for line := range bytes.Lines(content) {
		lines = append(lines, bytes.TrimRight(line, "\r\n"))
		names, key, err := parseKnownHost(line)
		if err != nil {
			return nil, nil, problem.Wrap(problem.HostKnownHostsBad, fmt.Sprintf("%s:%d", k.path, len(lines)), "the line is not a pinned host key", err)
		}
		for _, name := range names {
			keys[name] = key
		}
	}
	return lines, keys, nil
}

// parseKnownHost reads one line. An empty line or a comment gives no names.
func parseKnownHost(line []byte) ([]string, ssh.PublicKey, error) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] == '#' {
		return nil, nil, nil
	}
	marker, names, key, _, _, err := ssh.ParseKnownHosts(line)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil, errors.New("it has no key")
	case err != nil:
		return nil, nil, err
	case marker != "":
		return nil, nil, fmt.Errorf("@%s has no meaning here", marker)
	}
	return names, key, nil
}

func (k *knownHosts) key(name string) (ssh.PublicKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, found := k.keys[name]
	return key, found
}

// pin adds a host's key. If another program has pinned a different key meanwhile,
// it returns the error for a changed key.
func (k *knownHosts) pin(name string, key ssh.PublicKey) error {
	return k.change(func(lines [][]byte, keys map[string]ssh.PublicKey) ([][]byte, error) {
		if other, known := keys[name]; known {
			return lines, samePinned(name, other, key)
		}
		keys[name] = key
		return append(lines, []byte(knownhosts.Line([]string{name}, key))), nil
	})
}

// forget removes a host's key.
func (k *knownHosts) forget(name string) error {
	return k.change(func(lines [][]byte, keys map[string]ssh.PublicKey) ([][]byte, error) {
		delete(keys, name)
		return slices.DeleteFunc(lines, func(line []byte) bool {
			names, _, err := parseKnownHost(line)
			return err == nil && slices.Contains(names, name)
		}), nil
	})
}

// change reads the file again, edits it and replaces it atomically. A lock keeps
// other programs from doing the same.
func (k *knownHosts) change(edit func([][]byte, map[string]ssh.PublicKey) ([][]byte, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	unlock, err := lockDir(filepath.Dir(k.path))
	if err != nil {
		return k.unwritable(err)
	}
	defer unlock()
	lines, keys, err := k.read()
	if err != nil {
		return err
	}
	if lines, err = edit(lines, keys); err != nil {
		return err
	}
	content := bytes.Join(lines, []byte("\n"))
	if len(lines) > 0 {
		content = append(content, '\n')
	}
	if err := system.ReplaceFile(k.path, content, 0o600); err != nil {
		return k.unwritable(err)
	}
	k.keys = keys
	return nil
}

func (k *knownHosts) unwritable(err error) error {
	return problem.Wrap(problem.HostKnownHostsBad, k.path, "the pinned host keys cannot be written", err).WithFix("make the file and its folder writable")
}

// samePinned compares a host's key with the pinned one.
func samePinned(name string, pinned, shown ssh.PublicKey) error {
	if bytes.Equal(pinned.Marshal(), shown.Marshal()) {
		return nil
	}
	return problem.New(problem.HostKeyChanged, name, fmt.Sprintf(
		"the host shows the SSH key %s, but %s is pinned", ssh.FingerprintSHA256(shown), ssh.FingerprintSHA256(pinned)))
}

// lockDir makes the folder and waits for its lock (flock(2)). The kernel releases
// the lock when this program ends.
func lockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, folder.Close())
	}
	return func() { _ = folder.Close() }, nil
}
