package host

import (
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// transport runs commands in a host's shell. Closing it ends every call that waits
// on it, whatever the host does.
type transport interface {
	// start runs a line of shell and waits until the host has started it. Its
	// standard error goes to stderr.
	start(line string, stderr io.Writer) (process, error)
	roundTrips() int
	io.Closer
}

// process is one running line of shell. Close ends it. wait returns when it has
// ended and all of its standard error has arrived.
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
	ended      func() error // waits for the end; in package ssh only one may wait

	// In package ssh nobody may close an input during a write, and it does not
	// promise that two may close it.
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

// closeInput waits for a running write. That write ends at the latest with the
// connection.
func (p *sshProcess) closeInput() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.shut {
		p.shut, p.shutting = true, p.input.Close()
	}
	return p.shutting
}

func (p *sshProcess) wait() error { return p.ended() }

// Close implements [io.Closer]. Package ssh only tells the other side, and waits
// until that answers. If the host does not answer, Close cuts the connection.
func (p *sshProcess) Close() error {
	cut := time.AfterFunc(endTime, func() { _ = p.connection.Close() })
	defer cut.Stop()
	err := errors.Join(p.closeInput(), p.session.Close())
	_ = p.wait() // the exit status does not matter, since it was told to end
	if errors.Is(err, io.EOF) {
		return nil // it ended by itself
	}
	return err
}

// endTime is how long a process may take to end after it was told to.
const endTime = 5 * time.Second
