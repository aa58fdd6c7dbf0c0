package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"cairn/internal/secret"
)

// maxComplaint limits how much of a script's standard error is kept.
const maxComplaint = 64 << 10

// answer is the password for sudo or su, and the prompt that asks for it. The zero
// value is for a script that needs no password.
type answer struct {
	prompt   string
	password secret.Text
}

// channel is one script that runs on the host, with its input, output and standard
// error.
type channel struct {
	process
	answer answer
	timer  *time.Timer // runs out at the limit

	mu         sync.Mutex
	complaints bytes.Buffer
	asked      int           // how often the script asked for the password
	prompted   chan struct{} // closed at the first prompt
	refused    bool          // it asked again: the password is wrong
	late       bool          // the limit was reached
}

// errLate says that the host did not start a script within the limit.
var errLate = errors.New("the host did not start the program in time")

// newChannel starts a line of shell. The line ends when ctx ends or the limit is
// reached, until release is called. When ctx ends, the transport is closed too: a
// host that does not answer would not react to a request.
func newChannel(ctx context.Context, t transport, line string, limit time.Duration, a answer) (c *channel, release func(), err error) {
	c = &channel{answer: a, prompted: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { _ = t.Close() })
	c.timer = time.AfterFunc(limit, func() { c.giveUp(t) })
	release = func() { stop(); c.timer.Stop() }
	p, err := t.start(line, (*complaints)(c))
	if err != nil {
		release()
		if _, late := c.state(); late {
			err = errLate
		}
		return nil, nil, err
	}
	c.began(p)
	return c, release, nil
}

// began notes that the script runs. If the limit was reached before, it ends the
// script.
func (c *channel) began(p process) {
	c.mu.Lock()
	c.process = p
	late := c.late
	c.mu.Unlock()
	if late {
		_ = p.Close()
	}
}

// giveUp is called at the limit. It ends the script, or closes the transport if the
// script has not begun.
func (c *channel) giveUp(t transport) {
	c.mu.Lock()
	c.late = true
	p := c.process
	c.mu.Unlock()
	if p == nil {
		_ = t.Close()
		return
	}
	_ = p.Close()
}

// complaints collects the script's standard error.
type complaints channel

// Write implements [io.Writer].
func (s *complaints) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.complaints.Len() < maxComplaint {
		s.complaints.Write(p)
	}
	if s.answer.prompt == "" {
		return len(p), nil
	}
	before := s.asked
	s.asked = strings.Count(s.complaints.String(), s.answer.prompt)
	if before == 0 && s.asked > 0 {
		close(s.prompted)
	}
	if before < 2 && s.asked >= 2 {
		s.refused = true
		// Not here: Close waits for the goroutine that calls Write.
		go func() { _ = (*channel)(s).Close() }()
	}
	return len(p), nil
}

// complaint returns the script's standard error without the prompts.
func (c *channel) complaint() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := c.complaints.String()
	if c.answer.prompt != "" {
		text = strings.ReplaceAll(text, c.answer.prompt, "")
	}
	return printable(text)
}

// state reports whether the password was asked for again, and whether the limit was
// reached.
func (c *channel) state() (wrongPassword, late bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused, c.late
}

// feed writes the script's input: first the password, then the input. It waits for
// the prompt, because an earlier password could be read by another program. There
// is no input for an agent, which reads frames.
func (c *channel) feed(ctx context.Context, input []byte) {
	if c.answer.prompt != "" {
		select {
		case <-c.prompted:
		case <-ctx.Done():
			return
		}
		if _, err := io.WriteString(c, c.answer.password.Reveal()+"\n"); err != nil {
			return
		}
	}
	if input != nil {
		_, _ = c.Write(input)
		_ = c.closeInput()
	}
}

// from returns the channel, with r in place of its reader. r has read the
// beginning.
func (c *channel) from(r io.Reader) io.ReadWriteCloser { return rest{r, c} }

type rest struct {
	io.Reader
	*channel
}

// Read implements [io.Reader].
func (r rest) Read(p []byte) (int, error) { return r.Reader.Read(p) }
