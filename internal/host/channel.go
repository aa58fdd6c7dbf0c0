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

// maxComplaint is how much of a script's standard error is kept.
const maxComplaint = 64 << 10

// answer is the password that sudo or su is given, and the prompt by which it asks.
// The zero value is for a script that is not asked for one.
type answer struct {
	prompt   string
	password secret.Text
}

// channel is one script on the host: what it prints, what it reads, and what it
// complains about.
type channel struct {
	process
	answer answer
	timer  *time.Timer // until the limit

	mu         sync.Mutex
	complaints bytes.Buffer
	asked      int           // how often it asked for the password
	prompted   chan struct{} // closed when it did for the first time
	refused    bool          // it asked again: the password is wrong
	late       bool          // the limit was reached
}

// errLate says that a script was not started within its limit.
var errLate = errors.New("the host does not start anything")

// newChannel starts a line of shell that ends with ctx or after the limit,
// whichever comes first, until release is called. With ctx the transport ends too:
// telling a host that does not answer would end nothing.
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

// began notes that the script runs; it is ended if the limit was reached before.
func (c *channel) began(p process) {
	c.mu.Lock()
	c.process = p
	late := c.late
	c.mu.Unlock()
	if late {
		_ = p.Close()
	}
}

// giveUp ends the script at its limit, or the wait for the host to begin it.
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

// complaints takes in what the script writes to its standard error.
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
		// Whoever calls this is needed to close the channel.
		go func() { _ = (*channel)(s).Close() }()
	}
	return len(p), nil
}

// complaint is what the script wrote to its standard error, without the prompts.
func (c *channel) complaint() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := c.complaints.String()
	if c.answer.prompt != "" {
		text = strings.ReplaceAll(text, c.answer.prompt, "")
	}
	return printable(text)
}

// state tells whether the password was asked for again, and whether the limit was reached.
func (c *channel) state() (wrongPassword, late bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused, c.late
}

// feed writes what the script reads: the password when it was asked for, and never
// before, because then somebody else might read it; then the input. For an agent
// there is none, it reads frames.
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

// from is the channel read through what has read its beginning.
func (c *channel) from(r io.Reader) io.ReadWriteCloser { return rest{r, c} }

type rest struct {
	io.Reader
	*channel
}

// Read implements [io.Reader].
func (r rest) Read(p []byte) (int, error) { return r.Reader.Read(p) }
