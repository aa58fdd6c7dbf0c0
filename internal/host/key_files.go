package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"

	"cairn/internal/problem"
)

// lockedError says that a private key needs its passphrase.
type lockedError struct{ path string }

func (e *lockedError) Error() string { return "the key needs its passphrase" }

// fileIdentities returns what ssh(1) offers for an IdentityFile: the key, and the
// certificate beside it if none is named.
func (c *Connector) fileIdentities(ring *keyring, s settings, path string, withCertificate bool) []*identity {
	public, comment, err := publicOf(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || !s.usual(path) {
			ring.problems = append(ring.problems, fmt.Errorf("%s: %w", path, err))
		}
		return nil
	}
	key := &identity{public: public, comment: comment, from: path, file: path}
	key.open = func() (ssh.Signer, error) { return c.openFile(s, path, public) }
	if !withCertificate {
		return []*identity{key}
	}
	beside, comment, err := readPublic(path + "-cert.pub")
	if certificate, is := beside.(*ssh.Certificate); err == nil && is && certificate.CertType == ssh.UserCert {
		return []*identity{key, {public: certificate, comment: comment, from: path + "-cert.pub"}}
	}
	return []*identity{key}
}

// usual reports whether ssh(1) looks for a key by default. Such a file may be
// missing.
func (s settings) usual(path string) bool {
	return filepath.Dir(path) == filepath.Join(s.home, ".ssh") && strings.HasPrefix(filepath.Base(path), "id_")
}

// publicOf returns the public half of a key, found as ssh(1) does: in the file
// itself, in the file beside it, or in the clear part of the private key. The file
// itself may be a public key if the agent holds the private half.
func publicOf(path string) (public ssh.PublicKey, comment string, err error) {
	for _, name := range []string{path, path + ".pub"} {
		if public, comment, err = readPublic(name); err == nil {
			return public, comment, nil
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	signer, err := ssh.ParsePrivateKey(content)
	var locked *ssh.PassphraseMissingError
	switch {
	case err == nil:
		return signer.PublicKey(), "", nil
	case errors.As(err, &locked) && locked.PublicKey != nil:
		return locked.PublicKey, "", nil
	case errors.As(err, &locked):
		return nil, "", errors.New("it has a passphrase and no readable public half: write its public key to the same name with .pub: run `ssh-keygen -y`")
	}
	return nil, "", err
}

// readPublic reads a file with one public key or certificate.
func readPublic(path string) (ssh.PublicKey, string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	public, comment, _, _, err := ssh.ParseAuthorizedKey(content)
	return public, comment, err
}

// openFile opens a private key. If the key has a passphrase, the person was asked
// before. A key that ssh(1) refuses to use is refused here too.
func (c *Connector) openFile(s settings, path string, public ssh.PublicKey) (ssh.Signer, error) {
	content, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	if isHardware(public) {
		return c.openHardware(s, path, public)
	}
	signer, err := ssh.ParsePrivateKey(content)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		if signer, err = c.unlocked(path); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	}
	if !sameKey(signer.PublicKey(), public) {
		return nil, errors.New("the public key beside it belongs to another private key")
	}
	return signer, nil
}

// readPrivate reads a private key. It refuses a key that others may read, which
// ssh(1) ignores.
func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err == nil && bytes.Contains(content, []byte("PRIVATE KEY")) && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("other users can read the private key, so ssh(1) ignores it: run `chmod 600 %s`", path)
	}
	return content, err
}

// unlocked returns a private key whose passphrase was given.
func (c *Connector) unlocked(path string) (ssh.Signer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if answer, known := c.passphrases[path]; known {
		return answer.signer, answer.err
	}
	return nil, &lockedError{path}
}

// unlockResult is the result of asking for a passphrase.
type unlockResult struct {
	signer ssh.Signer
	err    error
}

// unlock asks for a key's passphrase, once for all hosts.
func (c *Connector) unlock(ctx context.Context, path string) error {
	c.unlocking.Lock()
	defer c.unlocking.Unlock()
	if _, err := c.unlocked(path); !errors.As(err, new(*lockedError)) {
		return err
	}
	passphrase, err := c.ask(ctx, fmt.Sprintf("Passphrase of %s: ", path))
	if err != nil {
		return err
	}
	var answer unlockResult
	content, err := readPrivate(path)
	if err == nil {
		answer.signer, err = ssh.ParsePrivateKeyWithPassphrase(content, []byte(passphrase.Reveal()))
	}
	if err != nil {
		answer.err = problem.Wrap(problem.HostNoKey, path, "the private key cannot be used", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passphrases[path] = answer
	return answer.err
}
