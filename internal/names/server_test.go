package names

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"cairn/internal/golden"
)

// TestConfig compares a resolver's configuration with the golden file.
func TestConfig(t *testing.T) {
	s := Server{
		Domain: "home.home.arpa", Listen: []netip.Addr{netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("fd00::10")},
		Upstream: []netip.Addr{netip.MustParseAddr("192.168.1.1")}, Records: someRecords(),
	}
	golden.Check(t, "testdata/server.golden", s.Config())
}

// upstream is a resolver that knows two names of others, and what it was asked.
type upstream struct {
	mu    sync.Mutex
	asked []string
}

// known are names of others. The second leads into a private network.
var known = map[string][4]byte{"www.example.org.": {9, 9, 9, 9}, "rebind.example.org.": {192, 168, 1, 1}}

func (u *upstream) serve(conn net.PacketConn) {
	buffer := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		u.mu.Lock()
		u.asked = append(u.asked, q.Name.String())
		u.mu.Unlock()
		m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, dnsmessage.RCodeNameError, nil
		if a, found := known[q.Name.String()]; found {
			m.RCode = dnsmessage.RCodeSuccess
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 60}, Body: &dnsmessage.AResource{A: a}}}
			}
		}
		if reply, err := m.Pack(); err == nil {
			_, _ = conn.WriteTo(reply, from)
		}
	}
}

// started runs dnsmasq with a configuration at port 53 of an address of this machine.
func started(t *testing.T, s Server) *net.Resolver {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/dnsmasq")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("needs dnsmasq, and root for its port")
	}
	cmd := exec.CommandContext(t.Context(), program, "--keep-in-foreground", "--conf-file=-", "--pid-file=", "--log-facility=/dev/null")
	cmd.Stdin = strings.NewReader(s.Config())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	at := netip.AddrPortFrom(s.Listen[0], 53).String()
	for range 100 {
		if conn, err := net.Dial("tcp", at); err == nil {
			_ = conn.Close()
			return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, at)
			}}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("dnsmasq does not listen")
	return nil
}

// TestTheRealProgram asks dnsmasq for names of the lab, of which nobody else may be
// asked, and for names of others.
func TestTheRealProgram(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.53.53.2:53")
	if err != nil {
		t.Skip("needs root for port 53: ", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	u := &upstream{}
	go u.serve(conn)
	r := started(t, Server{
		Domain: "home.home.arpa", Listen: []netip.Addr{netip.MustParseAddr("127.53.53.1")}, Upstream: []netip.Addr{netip.MustParseAddr("127.53.53.2")}, Records: someRecords(),
	})
	for name, want := range map[string]string{
		"notes.home.home.arpa": "192.168.1.10", "atlas.home.home.arpa": "192.168.1.10 fd00::10", "nobody.home.home.arpa": "", "home.home.arpa": "",
		"www.example.org": "9.9.9.9", "rebind.example.org": "", "nas": "",
	} {
		found, err := r.LookupHost(t.Context(), name+".")
		slices.Sort(found)
		if got := strings.Join(found, " "); got != want || (err == nil) != (want != "") {
			t.Errorf("%s leads to %q, %v; want %q", name, got, err, want)
		}
	}
	if back, err := r.LookupAddr(t.Context(), "192.168.1.10"); err != nil || len(back) != 1 || back[0] != "atlas.home.home.arpa." {
		t.Errorf("192.168.1.10 leads back to %v, %v", back, err)
	}
	if back, err := r.LookupAddr(t.Context(), "192.168.1.99"); err == nil {
		t.Errorf("192.168.1.99 leads back to %v", back)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if slices.ContainsFunc(u.asked, func(name string) bool {
		return !strings.HasSuffix(name, "example.org.") && !strings.HasSuffix(name, ".test.")
	}) {
		t.Errorf("the other resolver was asked for %v", u.asked)
	}
}
