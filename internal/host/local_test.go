package host

import (
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// localTransport runs the shell on this machine, over pipes. So a session can be
// tested without SSH.
type localTransport struct {
	shell []string // what runs a line: sh -c
	tripCounter

	mu      sync.Mutex
	started []*localProcess
}

// start implements [transport].
func (t *localTransport) start(line string, stderr io.Writer) (process, error) {
	cmd := exec.Command(t.shell[0], append(t.shell[1:len(t.shell):len(t.shell)], line)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr, cmd.WaitDelay = stderr, endTime
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &localProcess{in: in, out: out, cmd: cmd, trips: &t.tripCounter}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started = append(t.started, p)
	return p, nil
}

// roundTrips implements [transport].
func (t *localTransport) roundTrips() int { return t.count() }

// Close implements [transport]. There is no connection here to close, so it ends
// the process that was started.
func (t *localTransport) Close() error {
	t.mu.Lock()
	started := t.started
	t.mu.Unlock()
	for _, p := range started {
		_ = p.Close()
	}
	return nil
}

// localProcess is a child of this program.
type localProcess struct {
	in    io.WriteCloser
	out   io.ReadCloser
	cmd   *exec.Cmd
	trips *tripCounter
	ended sync.Once
}

// Read implements [io.Reader].
func (p *localProcess) Read(b []byte) (int, error) {
	n, err := p.out.Read(b)
	p.trips.read(n)
	return n, err
}

// Write implements [io.Writer].
func (p *localProcess) Write(b []byte) (int, error) {
	p.trips.wrote()
	return p.in.Write(b)
}

func (p *localProcess) closeInput() error { return p.in.Close() }

func (p *localProcess) wait() (err error) {
	p.ended.Do(func() { err = p.cmd.Wait() })
	return err
}

// Close implements [io.Closer]. It ends a process that goes on without input, with
// all that it started.
func (p *localProcess) Close() error {
	_ = p.in.Close()
	timer := time.AfterFunc(endTime, func() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) })
	defer timer.Stop()
	_ = p.wait() // how it ended says nothing: it was told to
	return nil
}
