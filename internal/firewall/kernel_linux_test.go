package firewall_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cairn/internal/firewall"
)

// wire is a network interface of the kernel, and a way to let packets come in by
// it.
type wire struct {
	name string
	kind firewall.Kind
	mac  net.HardwareAddr
	send func(frame []byte) error
}

// kernel is a network namespace with interfaces of every kind. Tables are loaded
// and packets are sent there. It belongs to the goroutine that made it.
type kernel struct {
	wires []wire
	sent  uint64
}

// Addresses in the kernel's networks: the host's own, and somebody behind two of its
// interfaces. Routes decide where a packet leaves.
var (
	host4, host6   = netip.MustParseAddr("192.168.1.2"), netip.MustParseAddr("fd83::2")
	guest4, guest6 = netip.MustParseAddr("10.1.0.9"), netip.MustParseAddr("fd01::9")
)

const setUp = `set -e
put() { for setting; do echo "${setting#*=}" >"/proc/sys/net/${setting%=*}"; done; }
ip link set lo up
ip link add lxdbr0 address 02:00:00:00:00:02 type bridge; ip link set p0 master lxdbr0
ip link add mynet address 02:00:00:00:00:03 type bridge; ip link set p1 master mynet
ip link add vmbr0 address 02:00:00:00:00:04 type bridge; ip link set p2 master vmbr0
ip link add veth0 address 02:00:00:00:00:05 type veth peer name veth0p
ip link set out0 address 02:00:00:00:00:01; ip link set wg0 address 02:00:00:00:00:06; ip link set eth9 address 02:00:00:00:00:07
n=0
for link in out0 lxdbr0 mynet vmbr0 veth0 wg0 eth9; do
	put ipv6/conf/$link/accept_dad=0 ipv4/conf/$link/rp_filter=0
	[ $n = 0 ] || ip address add 10.$n.0.1/24 dev $link
	[ $n = 0 ] || ip address add fd0$n::1/64 dev $link nodad
	n=$((n + 1))
done
ip address add 192.168.1.2/24 dev out0; ip address add fd83::2/64 dev out0 nodad
for link in p0 p1 p2 veth0p out0 lxdbr0 mynet vmbr0 veth0 wg0 eth9; do ip link set $link up; done
put ipv4/ip_forward=1 ipv6/conf/all/forwarding=1 ipv4/conf/all/rp_filter=0 ipv4/conf/lo/accept_local=1 ipv4/conf/all/accept_local=1
[ ! -e /proc/sys/net/bridge ] || put bridge/bridge-nf-call-iptables=0 bridge/bridge-nf-call-ip6tables=0 # bridges only pass on what is sent to them
ip route add default via 192.168.1.1 dev out0; ip -6 route add default via fd83::1 dev out0
`

// newKernel makes the namespace. Its goroutine keeps its thread until it ends.
func newKernel(t *testing.T) *kernel {
	t.Helper()
	for _, program := range []string{"nft", "ip"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: apt-get install nftables iproute2", program)
		}
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("a network namespace needs root: %v", err)
	}
	taps := map[string]func([]byte) error{}
	for _, name := range []string{"out0", "p0", "p1", "p2", "wg0", "eth9"} {
		taps[name] = tap(t, name)
	}
	if out, err := exec.Command("sh", "-c", setUp).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mac := func(n byte) net.HardwareAddr { return net.HardwareAddr{2, 0, 0, 0, 0, n} }
	return &kernel{wires: []wire{
		{"out0", "tun", mac(1), taps["out0"]}, {"lxdbr0", firewall.Bridge, mac(2), taps["p0"]}, {"mynet", firewall.Bridge, mac(3), taps["p1"]},
		{"vmbr0", firewall.Bridge, mac(4), taps["p2"]}, {"veth0", firewall.Veth, mac(5), raw(t, "veth0p")}, {"wg0", "tun", mac(6), taps["wg0"]},
		{"eth9", "tun", mac(7), taps["eth9"]}, {"lo", "", make(net.HardwareAddr, 6), raw(t, "lo")},
	}}
}

// tap is an interface, and this program is its wire.
func tap(t *testing.T, name string) func([]byte) error {
	t.Helper()
	file, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	request, err := unix.NewIfreq(name)
	if err != nil {
		t.Fatal(err)
	}
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(int(file.Fd()), unix.TUNSETIFF, request); err != nil {
		t.Fatalf("making the interface %s: %v", name, err)
	}
	return func(frame []byte) error {
		_, err := unix.Write(int(file.Fd()), frame)
		return err
	}
}

// raw sends by an interface. That brings a packet to its other end.
func raw(t *testing.T, name string) func([]byte) error {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	nic, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return func(frame []byte) error {
		return unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16(frame[12:]), Ifindex: nic.Index})
	}
}

// watch are the sets that record packets before the policy judges and after it let them through. Packets are
// identified by their source MAC. It is read by its offset, because nft looks for a MAC only on Ethernet, and
// lo is not Ethernet. The published ports are passed on to a guest.
func watch(published []uint16) string {
	var b strings.Builder
	b.WriteString("table inet watch\ndelete table inet watch\ntable inet watch {\n")
	for _, set := range []string{"input", "forward", "first", "reply", "invalid", "dnat", "passed"} {
		fmt.Fprintf(&b, "set seen_%s { typeof @ll,48,48; flags dynamic; size 65535; }\n", set)
	}
	for _, hook := range []string{"input", "forward"} {
		fmt.Fprintf(&b, "chain before_%s {\ntype filter hook %s priority -150;\nadd @seen_%s { @ll,48,48 }\n", hook, hook, hook)
		b.WriteString("ct state new add @seen_first { @ll,48,48 }\nct state established,related add @seen_reply { @ll,48,48 }\n")
		b.WriteString("ct state invalid add @seen_invalid { @ll,48,48 }\nct status dnat add @seen_dnat { @ll,48,48 }\n}\n")
		fmt.Fprintf(&b, "chain after_%s {\ntype filter hook %s priority 50;\nadd @seen_passed { @ll,48,48 }\n}\n", hook, hook)
	}
	b.WriteString("chain publish {\ntype nat hook prerouting priority -100;\n")
	for _, port := range published {
		for _, protocol := range []string{"tcp", "udp"} {
			fmt.Fprintf(&b, "fib daddr type local %s dport %d dnat ip to %s:80\nfib daddr type local %s dport %d dnat ip6 to [%s]:80\n",
				protocol, port, guest4, protocol, port, guest6)
		}
	}
	b.WriteString("}\n}\n")
	return b.String()
}

// load puts a policy in force, and publishes the ports.
func (k *kernel) load(p firewall.Policy, published []uint16) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader("table inet cairn\ndelete table inet cairn\ntable inet cairn {\n" + p.Nft() + "}\n" + watch(published))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft does not take\n%s%w: %s", p.Nft(), err, out)
	}
	return nil
}

// sightings are what happened to packets, by their source MAC.
type sightings map[string]map[uint64]bool

// outcome waits until all packets have reached the point where they are judged.
// Then it reads what was recorded.
func (k *kernel) outcome(macs []uint64) (sightings, error) {
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if s, err := listed(); err != nil {
			return nil, err
		} else if missing := s.missing(macs); missing == 0 {
			return listed() // the last one had only just come
		} else if time.Now().After(deadline) {
			return s, nil
		}
	}
}

func (s sightings) missing(macs []uint64) int {
	n := 0
	for _, mac := range macs {
		if !s["input"][mac] && !s["forward"][mac] {
			n++
		}
	}
	return n
}

func listed() (sightings, error) {
	out, err := exec.Command("nft", "--json", "list", "table", "inet", "watch").Output()
	if err != nil {
		return nil, err
	}
	var list struct {
		Nftables []struct {
			Set *struct {
				Name string   `json:"name"`
				Elem []uint64 `json:"elem"`
			} `json:"set"`
		} `json:"nftables"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, err
	}
	s := sightings{}
	for _, entry := range list.Nftables {
		if entry.Set == nil {
			continue
		}
		macs := map[uint64]bool{}
		for _, number := range entry.Set.Elem {
			macs[number] = true
		}
		s[strings.TrimPrefix(entry.Set.Name, "seen_")] = macs
	}
	return s, nil
}

// parcel is a packet to send.
type parcel struct {
	wire             wire
	source, to       netip.Addr
	protocol         byte // as IP numbers them
	sourcePort, port uint16
	flags            byte // of TCP
	icmpType         byte
	inner            []byte // the packet that an ICMP error is about
}

// sendNew sends a parcel from a new MAC, and returns the MAC.
func (k *kernel) sendNew(p parcel) (mac uint64, err error) {
	k.sent++
	from := binary.BigEndian.AppendUint64(nil, 6<<40|k.sent)[2:]
	kind := uint16(unix.ETH_P_IP)
	if p.source.Is6() {
		kind = unix.ETH_P_IPV6
	}
	frame := append(append([]byte{}, p.wire.mac...), from...)
	frame = binary.BigEndian.AppendUint16(frame, kind)
	return 6<<40 | k.sent, p.wire.send(append(frame, p.packet()...))
}

// packet is the parcel as IP has it (RFC 791, RFC 8200).
func (p parcel) packet() []byte {
	payload := p.payload()
	if p.source.Is4() {
		h := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, p.protocol, 0, 0}
		binary.BigEndian.PutUint16(h[2:], uint16(20+len(payload)))
		h = append(append(h, p.source.AsSlice()...), p.to.AsSlice()...)
		binary.BigEndian.PutUint16(h[10:], sum(h))
		return append(h, payload...)
	}
	h := []byte{0x60, 0, 0, 0, 0, 0, p.protocol, 255}
	binary.BigEndian.PutUint16(h[4:], uint16(len(payload)))
	h = append(append(h, p.source.AsSlice()...), p.to.AsSlice()...)
	return append(h, payload...)
}

func (p parcel) payload() []byte {
	var b []byte
	at := -1 // of the checksum
	switch p.protocol {
	case unix.IPPROTO_TCP:
		b, at = make([]byte, 20), 16
		binary.BigEndian.PutUint32(b[4:], 1)
		b[12], b[13], b[15] = 5<<4, p.flags, 64
	case unix.IPPROTO_UDP:
		b, at = make([]byte, 12), 6
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	case unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6:
		b, at = make([]byte, 8, 64), 2
		b[0] = p.icmpType
		binary.BigEndian.PutUint16(b[4:], p.sourcePort) // the identifier of an echo
		b = append(b, p.inner...)
		if len(p.inner) == 0 {
			b = append(b, make([]byte, 48)...)
		}
	default:
		return make([]byte, 16)
	}
	if p.protocol == unix.IPPROTO_TCP || p.protocol == unix.IPPROTO_UDP {
		binary.BigEndian.PutUint16(b, p.sourcePort)
		binary.BigEndian.PutUint16(b[2:], p.port)
	}
	var head []byte
	if p.protocol != unix.IPPROTO_ICMP {
		head = append(append(head, p.source.AsSlice()...), p.to.AsSlice()...)
		head = append(head, 0, 0, 0, byte(len(b)), 0, 0, 0, p.protocol)
	}
	binary.BigEndian.PutUint16(b[at:], sum(append(head, b...)))
	return b
}

// sum is the checksum of RFC 1071.
func sum(b []byte) uint16 {
	var n uint32
	for i := 0; i < len(b); i += 2 {
		n += uint32(b[i]) << 8
		if i+1 < len(b) {
			n += uint32(b[i+1])
		}
	}
	for n > 0xffff {
		n = n>>16 + n&0xffff
	}
	return ^uint16(n)
}
