package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// window is how many bytes of a stream may be sent before the receiver has read
// them.
const window = 256 << 10

// maxReason limits the reason that a reset carries, in bytes.
const maxReason = 1 << 10

// ErrReset says that the other side abandoned the stream.
var ErrReset = errors.New("the other side gave up")

// errFlood ends a connection whose other side sends more than it may.
var errFlood = errors.New("more data than there was credit for")

// Stream is one conversation. One goroutine may read while another writes. Close
// may be called at any time.
type Stream struct {
	mux  *Mux
	id   uint32
	kind string

	mu      sync.Mutex
	changed chan struct{} // closed and replaced whenever waiters should check again
	in      []byte
	credit  uint32 // bytes that may still be sent
	owed    uint32 // bytes that were read and not yet given back as credit
	over    bool   // the other side will send no more
	closed  bool   // this side will send no more
	err     error
}

func newStream(m *Mux, id uint32, kind string) *Stream {
	return &Stream{mux: m, id: id, kind: kind, credit: window, changed: make(chan struct{})}
}

// Kind returns the kind with which the stream was opened.
func (s *Stream) Kind() string { return s.kind }

// wake lets all waiters check again. The caller holds mu.
func (s *Stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Stream) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		s.wake()
	}
	s.mux.forget(s.id)
}

func (s *Stream) arrive(payload []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil
	}
	if s.over || len(s.in)+len(payload)+int(s.owed) > window {
		return fmt.Errorf("stream %d: %w", s.id, errFlood)
	}
	s.in = append(s.in, payload...)
	s.wake()
	return nil
}

func (s *Stream) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.wake()
	s.finish()
}

func (s *Stream) credited(n uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credit = min(s.credit+n, window)
	s.wake()
}

// finish removes a stream that has ended on both sides. The caller holds mu.
func (s *Stream) finish() {
	if s.over && s.closed {
		s.mux.forget(s.id)
	}
}

// ReadContext reads what is available, and waits if there is nothing.
func (s *Stream) ReadContext(ctx context.Context, p []byte) (int, error) {
	for {
		s.mu.Lock()
		switch {
		case len(s.in) > 0:
			n := copy(p, s.in)
			s.in = s.in[n:]
			back := s.repay(uint32(n))
			s.mu.Unlock()
			return n, s.giveCredit(back)
		case s.err != nil:
			defer s.mu.Unlock()
			return 0, s.err
		case s.over:
			s.mu.Unlock()
			return 0, io.EOF
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// repay gives credit back when a quarter of the window is owed, which saves frames.
// The caller holds mu.
func (s *Stream) repay(n uint32) uint32 {
	s.owed += n
	if s.owed < window/4 {
		return 0
	}
	back := s.owed
	s.owed = 0
	return back
}

func (s *Stream) giveCredit(n uint32) error {
	if n == 0 {
		return nil
	}
	// If the credit cannot be sent, the next read or write reports it.
	_ = s.mux.post(frame{stream: s.id, typ: frameCredit, payload: binary.BigEndian.AppendUint32(nil, n)})
	return nil
}

// Read implements [io.Reader].
func (s *Stream) Read(p []byte) (int, error) { return s.ReadContext(context.Background(), p) }

// WriteContext sends p in frames, and waits for credit in between. It returns how
// many bytes it sent.
func (s *Stream) WriteContext(ctx context.Context, p []byte) (written int, err error) {
	for len(p) > 0 {
		n, err := s.reserve(ctx, len(p))
		if err != nil {
			return written, err
		}
		if err := s.mux.write(ctx, frame{stream: s.id, typ: frameData, payload: p[:n]}); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// reserve waits for credit, and takes at most what fits into one frame.
func (s *Stream) reserve(ctx context.Context, wanted int) (int, error) {
	for {
		s.mu.Lock()
		switch {
		case s.err != nil:
			defer s.mu.Unlock()
			return 0, s.err
		case s.closed:
			s.mu.Unlock()
			return 0, ErrClosed
		case s.credit > 0:
			n := min(wanted, MaxPayload, int(s.credit))
			s.credit -= uint32(n)
			s.mu.Unlock()
			return n, nil
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// Write implements [io.Writer].
func (s *Stream) Write(p []byte) (int, error) { return s.WriteContext(context.Background(), p) }

// CloseWrite says that this side will send no more. It may still read.
func (s *Stream) CloseWrite() error {
	s.mu.Lock()
	if s.closed || s.err != nil {
		defer s.mu.Unlock()
		return s.err
	}
	s.closed = true
	s.finish()
	s.mu.Unlock()
	return s.mux.post(frame{stream: s.id, typ: frameEnd})
}

// Close abandons the stream in both directions.
func (s *Stream) Close() error { return s.GiveUp("") }

// GiveUp is [Stream.Close] with a reason for the other side, in a sentence.
func (s *Stream) GiveUp(why string) error {
	s.mu.Lock()
	done := s.err != nil || s.over && s.closed
	s.mu.Unlock()
	if !done {
		_ = s.mux.post(frame{stream: s.id, typ: frameReset, payload: []byte(why)[:min(len(why), maxReason)]})
	}
	s.fail(ErrClosed)
	return nil
}
