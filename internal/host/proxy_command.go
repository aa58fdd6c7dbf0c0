package host

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"cairn/internal/problem"
)

// farewellTime is how long a command may take to end by itself.
const farewellTime = 300 * time.Millisecond

// startProxy runs ProxyCommand as ssh(1) does: the owner's shell becomes the
// command, whose input and output are the connection.
func startProxy(t target) (net.Conn, error) {
	if t.ssh.is("proxyusefdpass") {
		return nil, badConfig(t.name, "ProxyUseFdpass is not supported, which is set for "+t.ssh.name, nil)
	}
	command, err := t.ssh.tokens(t.ssh.get("proxycommand"))
	if err != nil {
		return nil, badConfig(t.name, "ProxyCommand cannot be used for "+t.ssh.name, err)
	}
	conn := &proxyConn{program: firstNonEmpty(strings.Fields(command)...)}
	conn.cmd = exec.Command(firstNonEmpty(os.Getenv("SHELL"), "/bin/sh"), "-c", "exec "+command)
	conn.cmd.Stderr, conn.cmd.WaitDelay = &conn.complaint, farewellTime
	if conn.in, err = conn.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if conn.out, err = conn.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := conn.cmd.Start(); err != nil {
		return nil, problem.Wrap(problem.HostUnreachable, t.name, conn.name()+" does not start", err)
	}
	conn.end = sync.OnceFunc(conn.stop)
	return conn, nil
}

// proxyConn is a connection over a command's input and output.
type proxyConn struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	out       io.ReadCloser
	program   string // its name, without arguments: those may hold secrets
	complaint bounded
	end       func()
}

func (p *proxyConn) name() string { return fmt.Sprintf("the ProxyCommand %q", p.program) }

// Read implements [net.Conn].
func (p *proxyConn) Read(b []byte) (int, error) { return p.out.Read(b) }

// Write implements [net.Conn].
func (p *proxyConn) Write(b []byte) (int, error) { return p.in.Write(b) }

// Close implements [net.Conn]. A command ends when its input does; one that does
// not is told to, and then killed. ssh(1) hangs up, which under nohup(1) is ignored.
func (p *proxyConn) Close() error {
	p.end()
	return nil
}

func (p *proxyConn) stop() {
	_ = p.in.Close()
	ask := time.AfterFunc(farewellTime, func() { _ = p.cmd.Process.Signal(syscall.SIGTERM) })
	defer ask.Stop()
	kill := time.AfterFunc(endTime, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	_ = p.cmd.Wait() // how it ended says nothing: it was told to
}

// explain adds what the command complained about, once the connection is closed.
func (p *proxyConn) explain(err error) error {
	if text := strings.Join(strings.Fields(p.complaint.String()), " "); text != "" {
		return fmt.Errorf("%w; %s says: %s", err, p.name(), text)
	}
	return fmt.Errorf("%w, over %s", err, p.name())
}

// bounded keeps the beginning of what is written to it.
type bounded struct{ bytes.Buffer }

// Write implements [io.Writer].
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len() < maxComplaint {
		b.Buffer.Write(p)
	}
	return len(p), nil
}

// proxyAddr is the address of a connection that has none.
type proxyAddr struct{}

func (proxyAddr) Network() string { return "command" }
func (proxyAddr) String() string  { return "ProxyCommand" }

// LocalAddr implements [net.Conn].
func (*proxyConn) LocalAddr() net.Addr { return proxyAddr{} }

// RemoteAddr implements [net.Conn].
func (*proxyConn) RemoteAddr() net.Addr { return proxyAddr{} }

// SetDeadline implements [net.Conn]; a command knows none.
func (*proxyConn) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline implements [net.Conn]; a command knows none.
func (*proxyConn) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline implements [net.Conn]; a command knows none.
func (*proxyConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
