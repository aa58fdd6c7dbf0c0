package agent

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"cairn/internal/resource"
	"cairn/internal/wire"
)

// A forwarded canary stands where a container stands: in a network namespace of
// its own, behind a veth pair, reached by destination NAT. Its traffic passes the
// forward chains, as that of a published port does (docs.docker.com, "Packet
// filtering and firewalls"), and never the input chain.
//
// Its names begin with canaryName, so that what a killed agent left is found.
const canaryName = "cairncan"

// canaryNetworks are where canaries live: the range for benchmarks (RFC 2544)
// and one of the unique local ones (RFC 4193), which nobody routes.
var canaryNetworks = map[string]struct {
	host, inside netip.Prefix
	match        string
}{
	"tcp4": {netip.MustParsePrefix("198.18.83.1/30"), netip.MustParsePrefix("198.18.83.2/30"), "ip"},
	"tcp6": {netip.MustParsePrefix("fd5c:a1b2:83::1/126"), netip.MustParsePrefix("fd5c:a1b2:83::2/126"), "ip6"},
}

// forwarded is one canary under way, with what takes it away again, newest first.
type forwarded struct {
	*Agent
	name string
	undo [][]string
	cmd  *exec.Cmd
}

// openForwarded opens a forwarded canary.
func (s *session) openForwarded(ctx context.Context, request wire.CanaryRequest) (uint16, func(), error) {
	network, known := canaryNetworks[request.Network]
	if !known {
		return 0, nil, fmt.Errorf("%q is no network for a forwarded canary", request.Network)
	}
	port, err := freePort(request.Port)
	if err != nil {
		return 0, nil, err
	}
	f := &forwarded{Agent: s.Agent, name: canaryName + strings.ToLower(rand.Text()[:5])}
	stop := func() { f.close(context.WithoutCancel(ctx)) }
	if err := f.open(ctx, request, network.host, network.inside, network.match, port); err != nil {
		stop()
		return 0, nil, err
	}
	return port, stop, nil
}

// freePort finds a port on which nobody listens on either family.
func freePort(wanted uint16) (uint16, error) {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", wanted))
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return netip.MustParseAddrPort(l.Addr().String()).Port(), nil
}

func (f *forwarded) open(ctx context.Context, request wire.CanaryRequest, host, inside netip.Prefix, match string, port uint16) error {
	family := map[string]string{"ip": "-4", "ip6": "-6"}[match]
	link := f.name + "h"
	if err := f.forwards(match); err != nil {
		return err
	}
	for _, step := range []struct{ do, undo []string }{
		{[]string{"ip", "netns", "add", f.name}, []string{"ip", "netns", "delete", f.name}},
		{[]string{"ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", f.name}, []string{"ip", "link", "delete", link}},
		{[]string{"ip", family, "address", "add", host.String(), "dev", link, "nodad"}, nil},
		{[]string{"ip", "link", "set", link, "up"}, nil},
		{[]string{"ip", "-n", f.name, "link", "set", "lo", "up"}, nil},
		{[]string{"ip", "-n", f.name, "link", "set", "eth0", "up"}, nil},
		{[]string{"ip", "-n", f.name, family, "address", "add", inside.String(), "dev", "eth0", "nodad"}, nil},
		{[]string{"ip", "-n", f.name, family, "route", "add", "default", "via", host.Addr().String()}, nil},
	} {
		if match == "ip" {
			step.do = without(step.do, "nodad")
		}
		if err := f.run(ctx, step.do, nil); err != nil {
			return err
		}
		if step.undo != nil {
			f.undo = append(f.undo, step.undo)
		}
	}
	if match == "ip" {
		if err := f.setForwarding(link); err != nil {
			return err
		}
	}
	target := netip.AddrPortFrom(inside.Addr(), port)
	if err := f.serve(target, request.Nonce); err != nil {
		return err
	}
	table := fmt.Sprintf("table inet %s {\nchain prerouting {\ntype nat hook prerouting priority dstnat; policy accept;\nfib daddr type local tcp dport %d dnat %s to %s\n}\n}\n",
		f.name, port, match, target)
	f.undo = append(f.undo, []string{"nft", "delete", "table", "inet", f.name})
	if err := f.run(ctx, []string{"nft", "-f", "-"}, []byte(table)); err != nil {
		return err
	}
	return f.answers(ctx, target, request.Nonce)
}

func without(words []string, word string) []string {
	var kept []string
	for _, w := range words {
		if w != word {
			kept = append(kept, w)
		}
	}
	return kept
}

// errNoForwarding says that no published port can exist on the host either.
var errNoForwarding = errors.New("the host does not forward IPv6, so that no port can be published on it")

// forwards makes sure that the host would pass packets on: a canary that cannot be
// reached for want of forwarding shows nothing. For IPv4 it is turned on for each
// interface and back afterwards; for IPv6 that would drop the routes a router
// announced (Linux, ip-sysctl, conf/all/forwarding), so there it has to be on.
func (f *forwarded) forwards(match string) error {
	if match == "ip6" {
		if f.readSysctl("net/ipv6/conf/all/forwarding") != "1" {
			return errNoForwarding
		}
		return nil
	}
	links, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, link := range links {
		if link.Flags&net.FlagLoopback == 0 && link.Flags&net.FlagUp != 0 {
			if err := f.setForwarding(link.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *forwarded) readSysctl(name string) string {
	value, _ := os.ReadFile(filepath.Join(f.System.Root, "/proc/sys", name))
	return strings.TrimSpace(string(value))
}

// forwardingNote is the file in which interfaces are kept whose forwarding has to
// be turned off again, also after this process was killed.
func (a *Agent) forwardingNote() string { return filepath.Join(a.State, "canary-forwarding") }

func (f *forwarded) setForwarding(link string) error {
	name := "net/ipv4/conf/" + link + "/forwarding"
	if f.readSysctl(name) != "0" {
		return nil
	}
	note, err := os.OpenFile(f.forwardingNote(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(note, link)
	if err := errors.Join(err, note.Sync(), note.Close()); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.System.Root, "/proc/sys", name), []byte("1\n"), 0o644)
}

// forwardingBack turns off what canaries turned on.
func (a *Agent) forwardingBack() {
	content, err := os.ReadFile(a.forwardingNote())
	if err != nil {
		return
	}
	for link := range strings.Lines(string(content)) {
		path := filepath.Join(a.System.Root, "/proc/sys/net/ipv4/conf", strings.TrimSpace(link), "forwarding")
		_ = os.WriteFile(path, []byte("0\n"), 0o644)
	}
	_ = os.Remove(a.forwardingNote())
}

// serve starts this program once more, inside the namespace.
func (f *forwarded) serve(at netip.AddrPort, nonce string) error {
	argv := append([]string{"ip", "netns", "exec", f.name}, f.argv("canary", at.String())...)
	f.cmd = exec.Command(argv[0], argv[1:]...)
	f.cmd.Stdin = strings.NewReader(nonce + "\n")
	said, err := f.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var complaint bytes.Buffer
	f.cmd.Stderr = &complaint
	if err := f.cmd.Start(); err != nil {
		return err
	}
	if line, _ := bufio.NewReader(said).ReadString('\n'); line != "ready\n" {
		return fmt.Errorf("the canary did not come up: %s", complaint.String())
	}
	return nil
}

// answers makes sure, from this host, that there is a canary to be reached.
func (f *forwarded) answers(ctx context.Context, at netip.AddrPort, nonce string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", at.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if strings.TrimSpace(line) != nonce {
		return fmt.Errorf("the canary answers %q: %w", line, err)
	}
	return nil
}

func (f *forwarded) run(ctx context.Context, argv []string, stdin []byte) error {
	out, err := f.System.Runner.Run(ctx, resource.Command{Argv: argv, Stdin: stdin})
	if err != nil {
		return err
	}
	if out.Exit != 0 {
		return fmt.Errorf("%s: %s", strings.Join(argv, " "), strings.TrimSpace(string(out.Stderr)))
	}
	return nil
}

// close takes everything away, newest first.
func (f *forwarded) close(ctx context.Context) {
	if f.cmd != nil && f.cmd.Process != nil {
		_ = f.cmd.Process.Kill()
		_ = f.cmd.Wait()
	}
	for i := len(f.undo) - 1; i >= 0; i-- {
		_ = f.run(ctx, f.undo[i], nil)
	}
	f.forwardingBack()
}

// removeLeftovers takes away canaries of an agent that was killed. Canaries of
// another session that is under way are taken too: a look that loses its canary
// is unproven and made again.
func (a *Agent) removeLeftovers(ctx context.Context) {
	names, err := os.ReadDir(filepath.Join(a.System.Root, "/run/netns"))
	if err == nil {
		for _, entry := range names {
			if name := entry.Name(); strings.HasPrefix(name, canaryName) {
				for _, argv := range [][]string{
					{"nft", "delete", "table", "inet", name}, {"ip", "link", "delete", name + "h"},
					{"sh", "-c", `kill $(ip netns pids "$0") 2>/dev/null`, name}, {"ip", "netns", "delete", name},
				} {
					_, _ = a.System.Runner.Run(ctx, resource.Command{Argv: argv})
				}
			}
		}
	}
	a.forwardingBack()
}
