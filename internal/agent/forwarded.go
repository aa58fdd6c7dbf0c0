package agent

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// A forwarded listener stands where a container would: in a network namespace of
// its own, behind a veth pair, reached by destination NAT. Its traffic passes the
// forward chains and never the input chain, like that of a published port
// (docs.docker.com, "Packet filtering and firewalls").
//
// Several may stand at the same time, for several controllers and looks. Each has
// a place of its own (listener_place.go), which determines its names and
// addresses.

// forwardedListener is a listener that stands, with the functions that remove it,
// newest first.
type forwardedListener struct {
	*Agent
	place *listenerPlace
	name  string
	undo  [][]string
	cmd   *exec.Cmd
}

// openForwarded opens a forwarded listener.
func (s *session) openForwarded(ctx context.Context, request wire.ListenRequest) (uint16, func(), error) {
	match, known := map[string]string{"tcp4": "ip", "tcp6": "ip6"}[request.Network]
	if !known {
		return 0, nil, fmt.Errorf("%q is not a network for a forwarded test listener", request.Network)
	}
	port, err := freePort(request.Port)
	if err != nil {
		return 0, nil, err
	}
	place, err := s.takeListenerPlace(ctx)
	if err != nil {
		return 0, nil, err
	}
	f := &forwardedListener{Agent: s.Agent, place: place, name: place.name()}
	stop := func() { f.close(context.WithoutCancel(ctx)) }
	host, inside := place.networks(match)
	if err := f.open(ctx, request, host, inside, match, port); err != nil {
		stop()
		return 0, nil, err
	}
	return port, stop, nil
}

// freePort finds a port on which nobody listens, on either family.
func freePort(wanted uint16) (uint16, error) {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", wanted))
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return netip.MustParseAddrPort(l.Addr().String()).Port(), nil
}

func (f *forwardedListener) open(ctx context.Context, request wire.ListenRequest, host, inside netip.Prefix, match string, port uint16) error {
	family := map[string]string{"ip": "-4", "ip6": "-6"}[match]
	link := f.name + "h"
	if err := f.forwards(match); err != nil {
		return err
	}
	for _, step := range []struct{ do, undo []string }{
		{[]string{"ip", "netns", "add", f.name}, []string{"ip", "netns", "delete", f.name}},
		{[]string{"ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", f.name}, []string{"ip", "link", "delete", link}},
		{withIPv6(match, link), nil},
		{[]string{"ip", family, "address", "add", host.String(), "dev", link, "nodad"}, nil},
		{[]string{"ip", "link", "set", link, "up"}, nil},
		{[]string{"ip", "-n", f.name, "link", "set", "lo", "up"}, nil},
		{[]string{"ip", "-n", f.name, "link", "set", "eth0", "up"}, nil},
		{withIPv6(match, "eth0", "ip", "netns", "exec", f.name), nil},
		{[]string{"ip", "-n", f.name, family, "address", "add", inside.String(), "dev", "eth0", "nodad"}, nil},
		{[]string{"ip", "-n", f.name, family, "route", "add", "default", "via", host.Addr().String()}, nil},
	} {
		if step.do == nil {
			continue
		}
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
	return listenerAnswers(ctx, target, request.Nonce)
}

// withIPv6 switches IPv6 on for a link. New links have it off where the host says so
// for all to come (Linux, ip-sysctl, disable_ipv6). Docker does the same for its own.
// For IPv4 there is nothing to do. in are words that lead to where the link is.
func withIPv6(match, link string, in ...string) []string {
	if match == "ip" {
		return nil
	}
	return append(in, "sh", "-c", `echo 0 >"/proc/sys/net/ipv6/conf/$0/disable_ipv6"`, link)
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

// errNoForwarding says that the host can have no published port.
var errNoForwarding = errors.New("the host does not forward IPv6, so that no port can be published on it")

// forwards makes sure that the host passes packets on. Otherwise an unreachable
// listener would prove nothing. For IPv4 it turns forwarding on for each
// interface, and later off again. For IPv6 that would drop the routes that a
// router announced (Linux, ip-sysctl, conf/all/forwarding), so there it must be on
// already.
func (f *forwardedListener) forwards(match string) error {
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

func (f *forwardedListener) readSysctl(name string) string {
	value, _ := os.ReadFile(filepath.Join(f.System.Root, "/proc/sys", name))
	return strings.TrimSpace(string(value))
}

// serve starts this program again inside the namespace.
func (f *forwardedListener) serve(at netip.AddrPort, nonce string) error {
	cmd, err := startListener(append([]string{"ip", "netns", "exec", f.name}, f.argv("listen", at.String())...), nonce)
	f.cmd = cmd
	return err
}

// startListener starts a program that runs [TestListener], and waits until that listens.
func startListener(argv []string, nonce string) (*exec.Cmd, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(nonce + "\n")
	said, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if line, _ := bufio.NewReader(said).ReadString('\n'); line != "ready\n" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // then the complaint is complete
		return nil, fmt.Errorf("the test listener did not start: %s", strings.TrimSpace(complaint.String()))
	}
	return cmd, nil
}

// listenerAnswers makes sure that a test listener can be reached from this host.
func listenerAnswers(ctx context.Context, at netip.AddrPort, nonce string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", at.String())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if strings.TrimSpace(line) != nonce {
		return fmt.Errorf("the test listener answers %q: %w", line, err)
	}
	return nil
}

func (f *forwardedListener) run(ctx context.Context, argv []string, stdin []byte) error {
	out, err := f.System.Runner.Run(ctx, system.Command{Argv: argv, Stdin: stdin})
	if err != nil {
		return err
	}
	if out.Exit != 0 {
		return fmt.Errorf("%s: %s", strings.Join(argv, " "), strings.TrimSpace(string(out.Stderr)))
	}
	return nil
}

// close removes everything, newest first.
func (f *forwardedListener) close(ctx context.Context) {
	if f.cmd != nil && f.cmd.Process != nil {
		_ = f.cmd.Process.Kill()
		_ = f.cmd.Wait()
	}
	for i := len(f.undo) - 1; i >= 0; i-- {
		_ = f.run(ctx, f.undo[i], nil)
	}
	f.place.leave()
	f.forwardingBack()
}
