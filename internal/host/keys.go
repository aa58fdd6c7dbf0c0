package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// usualKeys are tried where neither the lab nor ~/.ssh/config names a key, as
// ssh(1) does.
var usualKeys = []string{"id_ed25519", "id_ecdsa", "id_rsa"}

// OwnerSigners are the owner's keys, the one to set up on hosts first: the one that
// the lab names, or else those of the SSH agent and of ~/.ssh. The passphrase of a
// named key is asked for, once; of others only when there is no other key.
func (c *Connector) OwnerSigners(ctx context.Context) ([]ssh.Signer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.signers != nil {
		return c.signers, nil
	}
	find := c.usualSigners
	if c.options.Lab.SSH.Key != "" {
		find = c.namedSigner
	}
	signers, err := find(ctx)
	if err != nil {
		return nil, err
	}
	c.signers = signers
	return signers, nil
}

// OwnerKeyLine is the line of authorized_keys for the owner's key.
func (c *Connector) OwnerKeyLine(ctx context.Context) (string, error) {
	signers, err := c.OwnerSigners(ctx)
	if err != nil {
		return "", err
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signers[0].PublicKey())))
	return line + " cairn-" + c.options.Lab.Name, nil
}

// namedSigner is the key that the lab names.
func (c *Connector) namedSigner(ctx context.Context) ([]ssh.Signer, error) {
	named := c.options.Lab.SSH.Key
	path := expandHome(named, c.options.Home)
	signer, err := readKey(path, agentSigners(c.options.AgentSocket))
	if isLocked(err) {
		signer, err = c.unlock(ctx, path)
	}
	if err != nil {
		return nil, noKey(named, err)
	}
	return []ssh.Signer{signer}, nil
}

// usualSigners are those that need no passphrase, or else the first that does.
func (c *Connector) usualSigners(ctx context.Context) ([]ssh.Signer, error) {
	fromAgent := agentSigners(c.config.agentSocket(c.options.AgentSocket, everyHost))
	signers, locked := slices.Clone(fromAgent), ""
	for _, path := range c.usualPaths() {
		signer, err := readKey(path, fromAgent)
		switch {
		case err == nil:
			signers = appendSigner(signers, signer)
		case isLocked(err) && locked == "":
			locked = path
		case !isLocked(err) && !errors.Is(err, fs.ErrNotExist):
			return nil, noKey(path, err)
		}
	}
	if len(signers) > 0 {
		return signers, nil
	}
	if locked == "" {
		return nil, problem.New(problem.HostNoKey, "", "no private key was found to log in with")
	}
	signer, err := c.unlock(ctx, locked)
	if err != nil {
		return nil, noKey(locked, err)
	}
	return []ssh.Signer{signer}, nil
}

func (c *Connector) usualPaths() []string {
	if named := c.config.identityFiles(everyHost); named != nil || c.options.Home == "" {
		return named
	}
	var paths []string
	for _, name := range usualKeys {
		paths = append(paths, filepath.Join(c.options.Home, ".ssh", name))
	}
	return paths
}

// firstSigners are the keys for first contact: the owner's, and those that
// ~/.ssh/config names for this host and that can be used without being asked for.
func (c *Connector) firstSigners(h lab.Host, owner []ssh.Signer) []ssh.Signer {
	signers := slices.Clone(owner)
	fromAgent := agentSigners(c.config.agentSocket("", aliases(h)...))
	for _, signer := range fromAgent {
		signers = appendSigner(signers, signer)
	}
	for _, path := range c.config.identityFiles(aliases(h)...) {
		if signer, err := readKey(path, fromAgent); err == nil {
			signers = appendSigner(signers, signer)
		}
	}
	return signers
}

// agentSigners are the keys of the SSH agent at the socket; none when there is no
// agent. The connection stays, because the agent signs over it.
func agentSigners(socket string) []ssh.Signer {
	if socket == "" {
		return nil
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil
	}
	signers, err := agent.NewClient(conn).Signers()
	if err != nil || len(signers) == 0 {
		_ = conn.Close()
		return nil
	}
	return signers
}

// readKey reads a private key. One with a passphrase is taken from the agent when
// it holds it; otherwise the error is a [ssh.PassphraseMissingError].
func readKey(path string, fromAgent []ssh.Signer) (ssh.Signer, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(content)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && locked.PublicKey != nil {
		if held := signerOf(fromAgent, locked.PublicKey); held != nil {
			return held, nil
		}
	}
	return signer, err
}

func isLocked(err error) bool {
	var locked *ssh.PassphraseMissingError
	return errors.As(err, &locked)
}

// unlock asks for a key's passphrase.
func (c *Connector) unlock(ctx context.Context, path string) (ssh.Signer, error) {
	passphrase, err := c.ask(ctx, fmt.Sprintf("Passphrase of %s: ", path))
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ssh.ParsePrivateKeyWithPassphrase(content, []byte(passphrase.Reveal()))
}

// noKey says which key cannot be used; a problem that says more stays.
func noKey(path string, err error) error {
	if problem.Of(err) != nil {
		return err
	}
	return problem.Wrap(problem.HostNoKey, path, "the private key cannot be used", err)
}

func appendSigner(signers []ssh.Signer, signer ssh.Signer) []ssh.Signer {
	if signerOf(signers, signer.PublicKey()) != nil {
		return signers
	}
	return append(signers, signer)
}

func signerOf(signers []ssh.Signer, key ssh.PublicKey) ssh.Signer {
	for _, signer := range signers {
		if bytes.Equal(signer.PublicKey().Marshal(), key.Marshal()) {
			return signer
		}
	}
	return nil
}
