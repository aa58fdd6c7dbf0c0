package host

import (
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// transport is a way to have a host's shell run something. Closing it ends what
// waits on it, whatever the host does.
type transport interface {
	// start runs a line of shell; what it complains about goes to stderr. It waits
	// for the host.
	start(line string, stderr io.Writer) (process, error)
	roundTrips() int
	io.Closer
}

// process is one line of shell that runs. Close ends it; wait returns when it has
// ended and everything that it wrote to its standard error has arrived.
type process interface {
	io.ReadWriteCloser
	closeInput() error
	wait() error
}

// start implements [transport] on a channel of its own.
func (c *client) start(line string, stderr io.Writer) (process, error) {
	session, err := c.NewSession()
	if err != nil {
		return nil, err
	}
	session.Stderr = stderr
	p := &sshProcess{session: session, connection: c, ended: sync.OnceValue(session.Wait)}
	if p.input, err = session.StdinPipe(); err == nil {
		if p.Reader, err = session.StdoutPipe(); err == nil {
			err = session.Start(line)
		}
	}
	if err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return p, nil
}

// roundTrips implements [transport].
func (c *client) roundTrips() int { return c.conn.count() }

// sshProcess is an exec on an SSH connection.
type sshProcess struct {
	io.Reader
	session    *ssh.Session
	connection io.Closer
	ended      func() error // waits for the end, once: package ssh lets no two wait

	// Package ssh lets nobody close an input while somebody writes to it, and does
	// not say that two may close it.
	mu       sync.Mutex
	input    io.WriteCloser
	shut     bool
	shutting error
}

// Write implements [io.Writer].
func (p *sshProcess) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut {
		return 0, io.ErrClosedPipe
	}
	return p.input.Write(b)
}

// closeInput waits for a write, which ends at the latest with the connection.
func (p *sshProcess) closeInput() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.shut {
		p.shut, p.shutting = true, p.input.Close()
	}
	return p.shutting
}

func (p *sshProcess) wait() error { return p.ended() }

// Close implements [io.Closer]. Package ssh only tells the other side, and what
// waits on the process goes on until that answers. A host that does not loses the
// connection.
func (p *sshProcess) Close() error {
	cut := time.AfterFunc(endTime, func() { _ = p.connection.Close() })
	defer cut.Stop()
	err := errors.Join(p.closeInput(), p.session.Close())
	_ = p.wait() // how it ended says nothing: it was told to
	if errors.Is(err, io.EOF) {
		return nil // it had ended by itself
	}
	return err
}

// endTime is how long a process may take to end when it was told to.
const endTime = 5 * time.Second
