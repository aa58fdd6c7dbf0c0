package host

import (
	"net"
	"net/netip"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/testkey"
)

// silentPort is a port that answers no connection, like one behind a firewall that
// drops. The kernel drops connections to a listener whose queue is full
// (listen(2)).
func silentPort(t *testing.T) uint16 {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(t, err)
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	must(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(t, syscall.Listen(fd, 0))
	name, err := syscall.Getsockname(fd)
	must(t, err)
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(name.(*syscall.SockaddrInet4).Port))
	for {
		conn, err := net.DialTimeout("tcp", at.String(), 200*time.Millisecond)
		if err != nil {
			return at.Port()
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
}

const oneDial = 2 * time.Second

// remembering returns a Connector that waits two seconds for each connection, and
// remembers a port of the host.
func remembering(t *testing.T, o Options, remembered uint16) *Connector {
	t.Helper()
	o.Limits.Dial = oneDial
	must(t, (&portMemory{path: filepath.Join(o.Dir, "ports")}).worked("box", remembered))
	c, err := New(o)
	must(t, err)
	return c
}

func TestAHostThatIsOffTakesOneTimeOut(t *testing.T) {
	h := lab.Host{Name: "box", Address: netip.MustParseAddr("127.0.0.1"), Port: silentPort(t), User: "ops"}
	key := filepath.Join(t.TempDir(), "id")
	testkey.Write(t, key, "")
	c := remembering(t, Options{Lab: &lab.Lab{Hosts: []lab.Host{h}, SSH: lab.SSH{Key: key}}, Dir: t.TempDir()}, silentPort(t))
	began := time.Now()
	_, err := c.Connect(t.Context(), h, Login{})
	wantCode(t, err, problem.HostUnreachable, "box", h.Address.String())
	if took := time.Since(began); took > oneDial*9/5 {
		t.Errorf("it took %s", took)
	}
}

func TestAHostIsMetBesideAPortThatIsSilent(t *testing.T) {
	m := boot(t, "")
	c := remembering(t, m.options(), silentPort(t))
	began := time.Now()
	m.connect(c, m.as("root"), Login{})
	if again := time.Now(); m.connect(c, m.as("root"), Login{}) != nil && time.Since(again) > oneDial {
		t.Errorf("where it answered is not remembered: the second time took %s, the first %s", time.Since(again), again.Sub(began))
	}
}

// A host that answers is not dialled at any other port. A service of its owner's
// may count connections that say nothing.
func TestAHostThatAnswersIsLeftAloneElsewhere(t *testing.T) {
	m := boot(t, "")
	other, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = other.Close() }()
	visited := make(chan struct{}, 9)
	go func() {
		for {
			conn, err := other.Accept()
			if err != nil {
				return
			}
			visited <- struct{}{}
			_ = conn.Close()
		}
	}()
	c := remembering(t, m.options(), m.host.Port)
	h := m.as("root")
	h.Port = uint16(other.Addr().(*net.TCPAddr).Port)
	m.connect(c, h, Login{})
	time.Sleep(2 * headStart)
	if len(visited) > 0 {
		t.Errorf("the other port was dialled %d times", len(visited))
	}
}
