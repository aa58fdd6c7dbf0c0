package agent

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// listeners returns the ports that answer on more than the loopback, with the
// program that holds each.
func (a *Agent) listeners() []wire.Listener {
	var sockets []socket
	for _, protocol := range []string{"tcp", "tcp6", "udp", "udp6"} {
		sockets = append(sockets, parseSockets(protocol, a.text("/proc/net/"+protocol))...)
	}
	sockets = a.reachable(sockets)
	return merged(sockets, a.holders(sockets))
}

// socket is a listening socket.
type socket struct {
	protocol string // tcp or udp
	address  netip.Addr
	port     uint16
	inode    string // 0 if the kernel itself holds it
}

// States in /proc/net/tcp (include/net/tcp_states.h). A UDP socket without a peer
// has the state of a closed one.
const (
	listening = "0A"
	unbound   = "07"
)

// parseSockets reads /proc/net/tcp and similar files (proc_net(5)).
func parseSockets(protocol, text string) []socket {
	protocol = protocol[:3]
	state := map[string]string{"tcp": listening, "udp": unbound}[protocol]
	var all []socket
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != state || !strings.HasSuffix(fields[2], ":0000") {
			continue
		}
		if at, ok := system.ParseEndpoint(fields[1]); ok {
			all = append(all, socket{protocol, at.Addr(), at.Port(), fields[9]})
		}
	}
	return all
}

// reachable leaves out the loopback's sockets, and UDP sockets of clients that wait
// for an answer. These are DHCP clients, whose answers pass every firewall, and
// sockets on ephemeral ports. A kernel socket on such a port, like WireGuard's, is
// kept.
func (a *Agent) reachable(sockets []socket) []socket {
	const dhcp4, dhcp6 = 68, 546
	first, last := a.ephemeral()
	return slices.DeleteFunc(sockets, func(s socket) bool {
		asks := s.port == dhcp4 || s.port == dhcp6 || s.inode != "0" && first <= s.port && s.port <= last
		return s.address.IsLoopback() || s.protocol == "udp" && asks
	})
}

// ephemeral returns the range of ports for sockets that ask for none (ip(7)).
func (a *Agent) ephemeral() (first, last uint16) {
	fields := strings.Fields(a.text("/proc/sys/net/ipv4/ip_local_port_range"))
	if len(fields) != 2 {
		return 32768, 60999
	}
	low, _ := strconv.ParseUint(fields[0], 10, 16)
	high, _ := strconv.ParseUint(fields[1], 10, 16)
	return uint16(low), uint16(high)
}

// holders names the program of each socket, by inode. If systemd holds a socket for
// a running program, it names that program.
func (a *Agent) holders(sockets []socket) map[string]string {
	wanted := map[string]bool{}
	for _, s := range sockets {
		wanted["socket:["+s.inode+"]"] = true
	}
	names := map[string]string{}
	processes, _ := filepath.Glob(filepath.Join(a.System.Root, "/proc/[0-9]*"))
	for _, process := range processes {
		fds, err := os.ReadDir(filepath.Join(process, "fd"))
		if err != nil {
			continue // the process has ended
		}
		for _, fd := range fds {
			link, err := os.Readlink(filepath.Join(process, "fd", fd.Name()))
			if err != nil || !wanted[link] {
				continue
			}
			inode := strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")
			if have := names[inode]; have == "" || have == "systemd" {
				names[inode] = strings.TrimSpace(readOr(filepath.Join(process, "comm"), ""))
			}
		}
	}
	return names
}

func readOr(path, otherwise string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return otherwise
	}
	return string(content)
}

// merged returns one listener for each port, protocol and program, with all its
// addresses. If it listens on all addresses of a family, none of that family is
// named.
func merged(sockets []socket, programs map[string]string) []wire.Listener {
	type key struct {
		protocol, program string
		port              uint16
	}
	addresses := map[key][]string{}
	everywhere := map[key]bool{}
	for _, s := range sockets {
		k := key{s.protocol, programs[s.inode], s.port}
		addresses[k] = append(addresses[k], s.address.String())
		everywhere[k] = everywhere[k] || s.address.IsUnspecified()
	}
	var all []wire.Listener
	for k, at := range addresses {
		l := wire.Listener{Protocol: k.protocol, Port: k.port, Program: k.program}
		if !everywhere[k] {
			slices.Sort(at)
			l.Addresses = slices.Compact(at)
		}
		all = append(all, l)
	}
	return sortedByPort(all)
}
