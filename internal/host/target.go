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

// maxJumps limits a chain of jump hosts. A host that jumps through itself would
// have no end.
const maxJumps = 8

// target is where to log in: a host of the lab, or a jump host.
type target struct {
	name     string   // the name under which its key is pinned
	endpoint string   // address:port
	jump     string   // the jump hosts, as ProxyJump names them
	ssh      settings // how ssh(1) would get there
}

// target returns the target for a host of the lab and a user.
func (c *Connector) target(ctx context.Context, h lab.Host, user string) (target, error) {
	s, err := c.config.forHost(ctx, h, user)
	return target{name: h.Name, endpoint: endpointOf(h, h.Port), jump: s.get("proxyjump"), ssh: s}, err
}

// endpointOf returns address:port of a host.
func endpointOf(h lab.Host, port uint16) string { return netip.AddrPortFrom(h.At(), port).String() }

// dial reaches the target's SSH port in the way that the SSH client configuration
// says. depth is how many jump hosts are already in between.
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

// dialer returns how to make TCP connections, from the source that BindAddress or
// BindInterface names. A host of the lab has a literal address, so AddressFamily
// does not matter for it.
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

// bindAddress returns the source address of connections, or nil if the system
// chooses it.
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

// addressOf returns the first address of a family on a network interface.
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
	return "", errors.Join(err, errors.New("it has no address of the right family"))
}

// dialThrough reaches the target through jump hosts.
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
	return jumpConn{conn, through}, nil
}

// jumpConn is a connection through a jump host.
type jumpConn struct {
	net.Conn
	through io.Closer
}

// Close implements [net.Conn]. It closes the login first. Closing the connection
// inside it would wait for a machine that may be dead.
func (j jumpConn) Close() error {
	err := j.through.Close()
	_ = j.Conn.Close() // it ended with the login
	return err
}

// jumpLogin logs in to the last of the named jump hosts, as ssh(1) would.
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
	// A host of the lab may not be set up yet. Then the user in the configuration
	// counts, as for ssh(1).
	if h, known := c.options.Lab.Host(t.name); known {
		if s, asked := c.config.forHost(ctx, h, ""); asked == nil && s.get("user") != "" {
			return c.jumpAs(ctx, t, s.get("user"), depth)
		}
	}
	return nil, err
}

// jumpAs logs in to a jump host as one user.
func (c *Connector) jumpAs(ctx context.Context, t target, user string, depth int) (*client, error) {
	ring, err := c.jumpKeys(ctx, t, user)
	if err != nil {
		return nil, err
	}
	return c.open(ctx, t, attempt{user: user, keys: ring}, depth)
}

// jumpKeys returns the keys for a jump host: the lab's own if it names one, then
// those that the configuration has for that host.
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

// jumpTarget reads one jump host, [ssh://][user@]host[:port]. It may be the name of
// a host of the lab, or any other host that ssh(1) would reach.
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
			return target{}, "", problem.Wrap(problem.HostSSHConfig, "", fmt.Sprintf("ProxyJump names %q, which is not a host", text), err)
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

// keyAlgorithms asks a known host for its pinned key, and a new host for its best
// key.
func (c *Connector) keyAlgorithms(t target) []string {
	if pinned, known := c.known.key(t.name); known {
		return KeyAlgorithms(pinned)
	}
	return []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
}

// KeyAlgorithms returns the signature algorithms for a host key. An RSA key signs
// under SHA-2 names (RFC 8332).
func KeyAlgorithms(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key.Type()}
}
