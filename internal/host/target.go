package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

// maxJumps bounds a chain of hosts to go through: one that goes through itself
// has no end.
const maxJumps = 8

// target is where to log in: a host of the lab, or one to go through.
type target struct {
	name     string // under which its key is pinned
	endpoint string // address:port
	jump     string // the hosts to go through first, as ProxyJump has them
}

// aliases are the names under which ~/.ssh/config may speak of a lab's host.
func aliases(h lab.Host) []string { return []string{h.Name, h.Address.String()} }

func (c *Connector) target(h lab.Host) target {
	return target{name: h.Name, endpoint: netip.AddrPortFrom(h.Address, h.Port).String(), jump: c.config.jump(aliases(h)...)}
}

// dial reaches the target's SSH port, through other hosts where ~/.ssh/config
// says so. depth is how many hosts lie between already.
func (c *Connector) dial(ctx context.Context, t target, depth int) (net.Conn, error) {
	if t.jump == "" {
		ctx, cancel := context.WithTimeout(ctx, dialTime)
		defer cancel()
		conn, err := c.options.Dial(ctx, "tcp", t.endpoint)
		if err != nil {
			return nil, problem.Wrap(problem.HostUnreachable, t.name, "the host cannot be reached at "+t.endpoint, err)
		}
		return quickAck(conn), nil
	}
	if depth == maxJumps {
		return nil, problem.New(problem.HostSSHConfig, t.name, "ProxyJump leads through more than 8 hosts, or in a circle")
	}
	through, err := c.jumpLogin(ctx, t.jump, depth+1)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := through.DialContext(ctx, "tcp", t.endpoint)
	if err != nil {
		_ = through.Close()
		return nil, problem.Wrap(problem.HostUnreachable, t.name, fmt.Sprintf("the host cannot be reached at %s through %s", t.endpoint, t.jump), err)
	}
	return jumped{conn, through}, nil
}

// jumped closes the login it goes through with it.
type jumped struct {
	net.Conn
	through io.Closer
}

// Close implements [net.Conn].
func (j jumped) Close() error { return errors.Join(j.Conn.Close(), j.through.Close()) }

// jumpLogin logs in, with the owner's keys, to the last of the hosts named.
func (c *Connector) jumpLogin(ctx context.Context, jump string, depth int) (*client, error) {
	before, last := "", jump
	if i := strings.LastIndexByte(jump, ','); i >= 0 {
		before, last = jump[:i], jump[i+1:]
	}
	t, user, err := c.jumpTarget(strings.TrimSpace(last))
	if err != nil {
		return nil, err
	}
	if before != "" {
		t.jump = before
	}
	signers, err := c.OwnerSigners(ctx)
	if err != nil {
		return nil, err
	}
	for _, path := range c.config.identityFiles(t.name) {
		if signer, err := readKey(path, signers); err == nil {
			signers = append(signers[:len(signers):len(signers)], signer)
		}
	}
	return c.open(ctx, t, attempt{user: user, signers: signers}, depth)
}

// jumpTarget reads one host to go through, [ssh://][user@]host[:port]: one of the
// lab by its name, or any other that ssh(1) would reach.
func (c *Connector) jumpTarget(text string) (t target, user string, err error) {
	rest := strings.TrimPrefix(text, "ssh://")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, rest = rest[:i], rest[i+1:]
	}
	if h, known := c.options.Lab.Host(rest); known {
		return c.target(h), firstNonEmpty(user, h.User), nil
	}
	name, port := rest, ""
	if strings.Contains(strings.TrimLeft(rest, "["), ":") && net.ParseIP(rest) == nil {
		if name, port, err = net.SplitHostPort(rest); err != nil {
			return target{}, "", problem.Wrap(problem.HostSSHConfig, "", fmt.Sprintf("ProxyJump names %q, which is no host", text), err)
		}
	}
	address := firstNonEmpty(strings.ReplaceAll(c.config.get("HostName", name), "%h", name), name)
	port = firstNonEmpty(port, c.config.get("Port", name), "22")
	user = firstNonEmpty(user, c.config.get("User", name), c.options.User)
	return target{name: name, endpoint: net.JoinHostPort(address, port), jump: c.config.jump(name)}, user, nil
}

func firstNonEmpty(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// keyAlgorithms asks a known host for the key that is pinned, and a new one for
// its best.
func (c *Connector) keyAlgorithms(t target) []string {
	if pinned, known := c.known.key(t.name); known {
		return KeyAlgorithms(pinned)
	}
	return []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
}

// KeyAlgorithms are the signature algorithms under which a key can be shown: an
// RSA key signs under SHA-2 names (RFC 8332).
func KeyAlgorithms(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key.Type()}
}
