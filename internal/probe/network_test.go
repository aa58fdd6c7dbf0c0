package probe

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"cairn/internal/evidence"
)

// TestReachable looks at the SSH port from elsewhere. A slow greeting counts.
// No greeting, another one and a closed port do not.
func TestReachable(t *testing.T) {
	for _, c := range []struct {
		name string
		port uint16
		want evidence.Outcome
	}{
		{"at once", greeter(t, "SSH-2.0-test\r\n", 0), evidence.Proven},
		{"slow", greeter(t, "SSH-2.0-test\r\n", silence+100*time.Millisecond), evidence.Proven},
		{"another service", greeter(t, "220 ready\r\n", 0), evidence.Refuted},
		{"nothing said", muteServer(t), evidence.Refuted},
		{"closed", freePort(t), evidence.Refuted},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := sshServer{port: c.port}.target("root")
			if got := network(context.Background(), loopback{}, target); got.Outcome != c.want {
				t.Errorf("%s, %q, %v; want %s", got.Outcome, got.Reason, got.Observed, c.want)
			}
		})
	}
}

// greeter accepts connections and, after a while, says its line.
func greeter(t *testing.T, line string, after time.Duration) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			time.Sleep(after)
			_, _ = conn.Write([]byte(line))
			_ = conn.Close()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}
