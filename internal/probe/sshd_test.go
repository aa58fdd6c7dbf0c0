package probe

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/lab"
	"cairn/internal/testkey"
	"cairn/internal/wire"
)

// sshServer is a real sshd on loopback with a configuration of the test's own.
type sshServer struct {
	port    uint16
	hostKey ssh.PublicKey
	owner   ssh.Signer
}

// startSSHD runs sshd with the given options. The owner's key is root's only key.
func startSSHD(t *testing.T, options ...string) sshServer {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		if testing.Short() {
			t.Skip("no sshd on this machine")
		}
		t.Fatal("these tests need a real sshd: apt-get install openssh-server")
	}
	if os.Geteuid() != 0 {
		t.Skip("sshd can only judge logins when it runs as root")
	}
	dir := t.TempDir()
	hostKey := testkey.Write(t, filepath.Join(dir, "host_key"), "")
	owner := testkey.New(t)
	write(t, filepath.Join(dir, "authorized_keys"), ssh.MarshalAuthorizedKey(owner.PublicKey()))
	port := freePort(t)
	config := append([]string{
		fmt.Sprintf("Port %d", port), "ListenAddress 127.0.0.1", "HostKey " + filepath.Join(dir, "host_key"), "PidFile none",
		"AuthorizedKeysFile " + filepath.Join(dir, "authorized_keys"), "StrictModes no", "UsePAM no", "LogLevel ERROR", "MaxAuthTries 20", "MaxStartups 100",
	}, options...)
	write(t, filepath.Join(dir, "sshd_config"), []byte(strings.Join(config, "\n")+"\n"))
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	awaitPort(t, port, &log)
	return sshServer{port, hostKey.PublicKey(), owner}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

func awaitPort(t *testing.T, port uint16, log *bytes.Buffer) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("sshd did not come up: %s", log)
}

// target is the server as a probe sees it; user is the lab's.
func (s sshServer) target(user string) Target {
	return Target{
		Lab:   &lab.Lab{},
		Host:  lab.Host{Name: "atlas", Address: netip.MustParseAddr("127.0.0.1"), Port: s.port, User: user},
		Owner: s.owner, HostKey: s.hostKey, Nonce: "nonce",
	}
}

// loopback is this machine as a vantage. The test sets the results of scans and
// datagrams.
type loopback struct {
	scan wire.ScanReply
	err  error
}

func (loopback) Name() string { return "controller" }

func (loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (l loopback) Scan(context.Context, wire.ScanRequest) (wire.ScanReply, error) {
	return l.scan, l.err
}

func (l loopback) Datagram(context.Context, wire.DatagramRequest) (wire.DatagramReply, error) {
	return wire.DatagramReply{}, l.err
}

// muteServer accepts connections and closes them.
func muteServer(t *testing.T) uint16 {
	t.Helper()
	return greeter(t, "", 0)
}
