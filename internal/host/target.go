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
	name     string   // under which its key is pinned
	endpoint string   // address:port
	jump     string   // the hosts to go through first, as ProxyJump has them
	ssh      settings // how ssh(1) would get there
}

// target is a host of the lab, for a login as the user.
func (c *Connector) target(ctx context.Context, h lab.Host, user string) (target, error) {
	s, err := c.config.forHost(ctx, h, user)
	return target{name: h.Name, endpoint: endpointOf(h, h.Port), jump: s.get("proxyjump"), ssh: s}, err
}

// endpointOf is where a host's port is.
func endpointOf(h lab.Host, port uint16) string { return netip.AddrPortFrom(h.At(), port).String() }

// dial reaches the target's SSH port, in the way that the SSH client configuration
// says. depth is how many hosts lie between already.
func (c *Connector) dial(ctx context.Context, t target, depth int) (net.Conn, error) {
	switch {
	case t.jump != "":
		return c.dialThrough(ctx, t, depth)
	case t.ssh.get("proxycommand") != "":
		return startProxy(t)
	}
	dial, network, err := c.dialer(t)
	if err != nil {
		return nil, err
	}
	conn, err := dialWithin(ctx, t.ssh.dialTime(c.options.Limits.Dial), dial, network, t.endpoint)
	if err != nil {
		return nil, problem.Wrap(problem.HostUnreachable, t.name, "the host cannot be reached at "+t.endpoint, err)
	}
	return quickAck(conn), nil
}

// dialer makes TCP connections from where BindAddress or BindInterface say. A
// lab's host has a literal address, whose family is its own.
func (c *Connector) dialer(t target) (dial DialFunc, network string, err error) {
	network = t.ssh.network()
	if _, err := netip.ParseAddrPort(t.endpoint); err == nil {
		network = "tcp"
	}
	from, err := t.ssh.bindAddress(network, t.endpoint)
	if err != nil || from == nil {
		return c.options.Dial, network, err
	}
	bound := tcpDialer
	bound.LocalAddr = from
	return bound.DialContext, network, nil
}

// bindAddress is where connections start from; nil for wherever the system likes.
func (s settings) bindAddress(network, endpoint string) (net.Addr, error) {
	name, keyword := s.get("bindaddress"), "BindAddress"
	if named := s.get("bindinterface"); name == "" && named != "" {
		keyword = "BindInterface " + named
		var err error
		if name, err = addressOf(named, strings.HasPrefix(endpoint, "[")); err != nil {
			return nil, badConfig("", keyword+" cannot be used for "+s.name, err)
		}
	}
	if name == "" {
		return nil, nil
	}
	address, err := net.ResolveTCPAddr(network, net.JoinHostPort(name, "0"))
	if err != nil {
		return nil, badConfig("", keyword+" cannot be used for "+s.name, err)
	}
	return address, nil
}

// addressOf is the first address of a family that a network interface has.
func addressOf(name string, six bool) (string, error) {
	found, err := net.InterfaceByName(name)
	if err != nil {
		return "", err
	}
	addresses, err := found.Addrs()
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is6() == six {
			return prefix.Addr().String(), nil
		}
	}
	return "", errors.Join(err, errors.New("it has no address of the family"))
}

// dialThrough reaches the target through other hosts.
func (c *Connector) dialThrough(ctx context.Context, t target, depth int) (net.Conn, error) {
	if depth == maxJumps {
		return nil, problem.New(problem.HostSSHConfig, t.name, "ProxyJump leads through more than 8 hosts, or in a circle")
	}
	through, err := c.jumpLogin(ctx, t.jump, depth+1)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, t.ssh.dialTime(c.options.Limits.Dial))
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

// Close implements [net.Conn]. The login goes first: closing what leads through it
// would otherwise wait for a machine that is gone.
func (j jumped) Close() error {
	err := j.through.Close()
	_ = j.Conn.Close() // it has ended with the login
	return err
}

// jumpLogin logs in to the last of the hosts named, as ssh(1) would.
func (c *Connector) jumpLogin(ctx context.Context, jump string, depth int) (*client, error) {
	before, last := "", jump
	if i := strings.LastIndexByte(jump, ','); i >= 0 {
		before, last = jump[:i], jump[i+1:]
	}
	t, user, err := c.jumpTarget(ctx, strings.TrimSpace(last))
	if err != nil {
		return nil, err
	}
	if before != "" {
		t.jump = before
	}
	made, err := c.jumpAs(ctx, t, user, depth)
	if problem.CodeOf(err) != problem.HostLoginRefused || strings.Contains(last, "@") {
		return made, err
	}
	// A host of the lab that was not set up yet: ssh(1) goes by the configuration.
	if h, known := c.options.Lab.Host(t.name); known {
		if s, asked := c.config.forHost(ctx, h, ""); asked == nil && s.get("user") != "" {
			return c.jumpAs(ctx, t, s.get("user"), depth)
		}
	}
	return nil, err
}

// jumpAs logs in to a host to go through as one user.
func (c *Connector) jumpAs(ctx context.Context, t target, user string, depth int) (*client, error) {
	ring, err := c.jumpKeys(ctx, t, user)
	if err != nil {
		return nil, err
	}
	return c.open(ctx, t, attempt{user: user, keys: ring}, depth)
}

// jumpKeys are the keys for a host to go through: those that the configuration
// has for it, after the lab's own where the lab names one.
func (c *Connector) jumpKeys(ctx context.Context, t target, user string) (keyring, error) {
	if h, known := c.options.Lab.Host(t.name); known {
		return c.keysFor(ctx, h, user)
	}
	ring, err := c.offered(t.ssh)
	if err != nil || c.options.Lab.SSH.Key == "" {
		return ring, err
	}
	named, err := c.offered(c.onlyLabKey(t.ssh))
	return named.with(ring), err
}

// jumpTarget reads one host to go through, [ssh://][user@]host[:port]: one of the
// lab by its name, or any other that ssh(1) would reach.
func (c *Connector) jumpTarget(ctx context.Context, text string) (t target, user string, err error) {
	rest := strings.TrimPrefix(text, "ssh://")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, rest = rest[:i], rest[i+1:]
	}
	if h, known := c.options.Lab.Host(rest); known {
		user = firstNonEmpty(user, h.User)
		t, err = c.target(ctx, h, user)
		return t, user, err
	}
	name, port := rest, ""
	if strings.Contains(strings.TrimLeft(rest, "["), ":") && net.ParseIP(rest) == nil {
		if name, port, err = net.SplitHostPort(rest); err != nil {
			return target{}, "", problem.Wrap(problem.HostSSHConfig, "", fmt.Sprintf("ProxyJump names %q, which is no host", text), err)
		}
	}
	s, err := c.config.forName(ctx, question{name, user, port})
	if err != nil {
		return target{}, "", err
	}
	address, err := s.tokens(s.hostname())
	if err != nil {
		return target{}, "", badConfig("", "HostName of "+name+" cannot be used", err)
	}
	port = firstNonEmpty(port, s.get("port"), "22")
	return target{name: name, endpoint: net.JoinHostPort(address, port), jump: s.get("proxyjump"), ssh: s}, s.loginUser(), nil
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
