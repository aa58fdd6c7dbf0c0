package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/names"
	"cairn/internal/vantage"
	"cairn/internal/wire"
)

// asking is this machine as a vantage that asks resolvers.
type asking struct{ here }

func (asking) Datagram(ctx context.Context, r wire.DatagramRequest) (wire.DatagramReply, error) {
	return vantage.Datagram(ctx, r)
}

// cannotAsk is a vantage from which nothing can be sent.
type cannotAsk struct{ here }

func (cannotAsk) Datagram(context.Context, wire.DatagramRequest) (wire.DatagramReply, error) {
	return wire.DatagramReply{}, fmt.Errorf("network is unreachable")
}

// wanted are the names of a lab with one host and a service.
func wanted() []names.Record {
	addresses := []netip.Addr{netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("fd00::10")}
	return []names.Record{{Name: "atlas.lab.home.arpa", Addresses: addresses}, {Name: "wiki.lab.home.arpa", Addresses: addresses}}
}

// looksAtNames takes both looks at a resolver on this machine.
func looksAtNames(t *testing.T, from Vantage, port uint16, choice string) [2]Finding {
	t.Helper()
	target := Target{Lab: &lab.Lab{Choose: map[string]string{"names": choice}}, Nonce: "NONCE"}
	about := evidence.NameArguments{Address: netip.MustParseAddr("127.0.0.1"), Port: port, Domain: "lab.home.arpa", Names: wanted()}
	return [2]Finding{nameResolves(t.Context(), from, target, about), nameUnknownRefused(t.Context(), from, target, about)}
}

// dnsmasq runs the real program with a configuration, until the test ends.
func dnsmasq(t *testing.T, config string) uint16 {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/dnsmasq")
	if err != nil {
		t.Skip("dnsmasq is not installed")
	}
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), program, "--keep-in-foreground", "--conf-file=-", "--pid-file=", "--user=", "--log-facility=-")
	cmd.Stdin = strings.NewReader(config + fmt.Sprintf("port=%d\n", port))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 100 {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = conn.Close()
			return port
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("dnsmasq does not listen")
	return 0
}

func configOf(records []names.Record, upstream ...netip.Addr) string {
	return names.Server{Domain: "lab.home.arpa", Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}, Upstream: upstream, Records: records}.Config()
}

// TestNames looks at real resolvers: at Cairn's own, and at such as are wrong.
func TestNames(t *testing.T) {
	moved := wanted()
	moved[1].Addresses = []netip.Addr{netip.MustParseAddr("192.168.1.66")}
	more := wanted()
	more[1].Addresses = append([]netip.Addr{}, more[1].Addresses...)
	one := wanted()
	one[1].Addresses = one[1].Addresses[:1]
	for _, c := range []struct {
		name, config      string
		resolves, unknown evidence.Outcome
		reason            string
	}{
		{"Cairn's", configOf(wanted()), evidence.Proven, evidence.Proven, ""},
		{"only IPv4 entered", configOf(one), evidence.Proven, evidence.Proven, ""},
		{"another address", configOf(moved), evidence.Refuted, evidence.Proven, "wiki.lab.home.arpa leads to 192.168.1.66 instead of 192.168.1.10 fd00::10"},
		{"one more address", configOf(more) + "host-record=wiki.lab.home.arpa,192.168.1.66\n", evidence.Refuted, evidence.Proven, "leads to 192.168.1.10 192.168.1.66 fd00::10 instead of"},
		{"a name is missing", configOf(wanted()[:1]), evidence.Refuted, evidence.Proven, "wiki.lab.home.arpa does not exist instead of"},
		{"every name leads there", configOf(wanted()) + "address=/lab.home.arpa/192.168.1.10\n", evidence.Proven, evidence.Refuted, "nonce.lab.home.arpa"},
		{"it knows nothing", strings.Split(configOf(nil), "local=")[0], evidence.Refuted, evidence.Refuted, "RCodeRefused"},
	} {
		port := dnsmasq(t, c.config)
		got := looksAtNames(t, asking{}, port, lab.Dnsmasq)
		if got[0].Outcome != c.resolves || got[1].Outcome != c.unknown || !strings.Contains(got[0].Reason+got[1].Reason+fmt.Sprint(got[1].Observed), c.reason) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// TestOneEntryForAllNames: an owner's resolver may lead all names to the lab's hosts, but
// nowhere else. The lab's own resolver knows each name.
func TestOneEntryForAllNames(t *testing.T) {
	for _, c := range []struct {
		entry, choice string
		want          evidence.Outcome
	}{
		{"192.168.1.10", lab.OwnResolver, evidence.Proven}, {"192.168.1.66", lab.OwnResolver, evidence.Refuted}, {"192.168.1.10", lab.Dnsmasq, evidence.Refuted},
	} {
		port := dnsmasq(t, configOf(nil)+"address=/lab.home.arpa/"+c.entry+"\n")
		if got := looksAtNames(t, asking{}, port, c.choice)[1]; got.Outcome != c.want {
			t.Errorf("with %s for all names and the choice %s: %+v", c.entry, c.choice, got)
		}
	}
}

// TestNoResolver: a resolver that is silent is wrong, and one that nobody could ask is
// not known.
func TestNoResolver(t *testing.T) {
	for _, c := range []struct {
		from   Vantage
		want   evidence.Outcome
		reason string
	}{
		{asking{}, evidence.Refuted, "no resolver answers at 127.0.0.1"}, {cannotAsk{}, evidence.Unproven, "network is unreachable"},
	} {
		for i, got := range looksAtNames(t, c.from, freePort(t), lab.OwnResolver) {
			if got.Outcome != c.want || !strings.Contains(got.Reason, c.reason) || (got.Remedy != "") != (c.want == evidence.Refuted) {
				t.Errorf("look %d is %+v", i, got)
			}
		}
	}
}

// TestForeignAnswers: an answer to another question, or half of one, proves nothing.
func TestForeignAnswers(t *testing.T) {
	for name, spoil := range map[string]func(*dnsmessage.Message){
		"another question": func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeTXT },
		"another number":   func(m *dnsmessage.Message) { m.ID++ },
		"a question":       func(m *dnsmessage.Message) { m.Response = false },
	} {
		port := spoiling(t, spoil)
		for i, got := range looksAtNames(t, asking{}, port, lab.Dnsmasq) {
			if got.Outcome != evidence.Refuted || !strings.Contains(got.Reason, "the answer is to another question") {
				t.Errorf("%s: look %d is %+v", name, i, got)
			}
		}
	}
}

// spoiling answers that no name exists, after an answer was spoiled.
func spoiling(t *testing.T, spoil func(*dnsmessage.Message)) uint16 {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buffer := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil {
				return
			}
			m.Response, m.RCode = true, dnsmessage.RCodeNameError
			spoil(&m)
			reply, err := m.Pack()
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(reply, from)
		}
	}()
	return netip.MustParseAddrPort(conn.LocalAddr().String()).Port()
}
