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

// farewellTime is how long a command may take to end by itself once its input is
// closed.
const farewellTime = 300 * time.Millisecond

// startProxy runs ProxyCommand as ssh(1) does. The owner's shell execs the command,
// and the command's input and output are the connection.
func startProxy(t target) (net.Conn, error) {
	if t.ssh.is("proxyusefdpass") {
		return nil, badConfig(t.name, "ProxyUseFdpass is set for "+t.ssh.name+" and not supported", nil)
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
	program   string // without its arguments, which may hold secrets
	complaint headBuffer
	end       func()
}

func (p *proxyConn) name() string { return fmt.Sprintf("the ProxyCommand %q", p.program) }

// Read implements [net.Conn].
func (p *proxyConn) Read(b []byte) (int, error) { return p.out.Read(b) }

// Write implements [net.Conn].
func (p *proxyConn) Write(b []byte) (int, error) { return p.in.Write(b) }

// Close implements [net.Conn]. A command usually ends when its input does. If not,
// it gets SIGTERM, and later SIGKILL. ssh(1) sends SIGHUP, which nohup(1) ignores.
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
	_ = p.cmd.Wait() // the exit status does not matter, since it was told to end
}

// explain adds the command's standard error. The connection must be closed before.
func (p *proxyConn) explain(err error) error {
	if text := strings.Join(strings.Fields(p.complaint.String()), " "); text != "" {
		return fmt.Errorf("%w; %s says: %s", err, p.name(), text)
	}
	return fmt.Errorf("%w, over %s", err, p.name())
}

// headBuffer keeps the beginning of what is written to it.
type headBuffer struct{ bytes.Buffer }

// Write implements [io.Writer].
func (b *headBuffer) Write(p []byte) (int, error) {
	if b.Len() < maxComplaint {
		b.Buffer.Write(p)
	}
	return len(p), nil
}

// proxyAddr stands for both addresses of a proxyConn, which has none.
type proxyAddr struct{}

func (proxyAddr) Network() string { return "command" }
func (proxyAddr) String() string  { return "ProxyCommand" }

// LocalAddr implements [net.Conn].
func (*proxyConn) LocalAddr() net.Addr { return proxyAddr{} }

// RemoteAddr implements [net.Conn].
func (*proxyConn) RemoteAddr() net.Addr { return proxyAddr{} }

// SetDeadline implements [net.Conn]; a command has no deadlines.
func (*proxyConn) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline implements [net.Conn]; a command has no deadlines.
func (*proxyConn) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline implements [net.Conn]; a command has no deadlines.
func (*proxyConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
