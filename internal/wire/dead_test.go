package wire

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// soon is a limit: what ends within it did not wait for the other side.
const soon = 2 * time.Second

// within fails the test if do is not over soon.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	over := make(chan struct{})
	go func() {
		defer close(over)
		do()
	}()
	select {
	case <-over:
	case <-time.After(soon):
		t.Fatalf("not within %s: %s", soon, what)
	}
}

// deaf is a connection whose other side reads nothing and says nothing.
func deaf(t *testing.T) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	return ours
}

// slowCloser is a connection that closes only when it is released. So does one
// that says goodbye to a machine which is gone.
type slowCloser struct {
	net.Conn
	letGo chan struct{}
}

func (l slowCloser) Close() error {
	<-l.letGo
	return l.Conn.Close()
}

// TestWritesToADeafPeerEndWithTheirContext checks that a cancelled caller does not
// wait for a peer that reads nothing. Closing afterwards does not wait either.
func TestWritesToADeafPeerEndWithTheirContext(t *testing.T) {
	m := NewMux(deaf(t), ControllerSide, DefaultHeartbeat)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	within(t, "Open", func() {
		if _, err := m.Open(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Open = %v", err)
		}
	})
	s := newStream(m, 99, "x")
	within(t, "Send", func() {
		if err := s.Send(ctx, Done{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send = %v", err)
		}
	})
	within(t, "CloseWrite and Close of the stream", func() {
		_ = s.CloseWrite()
		_ = s.Close()
	})
	within(t, "Close", func() { _ = m.Close() })
}

// TestAReaderGoesOnWhileNothingCanBeWritten checks that a peer which reads nothing
// is still heard, so its last words are not lost.
func TestAReaderGoesOnWhileNothingCanBeWritten(t *testing.T) {
	ours, theirs := net.Pipe()
	m := NewMux(ours, AgentSide, DefaultHeartbeat)
	within(t, "a ping, and what comes after it", func() {
		for range 3 {
			_, _ = theirs.Write(appendFrame(nil, frame{typ: framePing}))
		}
		_, _ = theirs.Write(appendFrame(nil, frame{stream: 1, typ: frameOpen, payload: []byte("x")}))
		if _, err := m.Accept(t.Context()); err != nil {
			t.Error(err)
		}
	})
	m.out.mu.Lock()
	pongs := len(m.out.waiting)
	m.out.mu.Unlock()
	if pongs > 1 {
		t.Errorf("%d pongs wait", pongs)
	}
	within(t, "Close", func() { _ = m.Close() })
}

// TestWhatWaitsEndsBeforeTheConnectionDoes checks that all waiting callers hear of
// a dead peer at once, however long the connection takes to close.
func TestWhatWaitsEndsBeforeTheConnectionDoes(t *testing.T) {
	conn := slowCloser{deaf(t), make(chan struct{})}
	m := NewMux(conn, ControllerSide, Heartbeat{Every: 5 * time.Millisecond, Limit: 300 * time.Millisecond})
	s := newStream(m, 1, "x")
	m.mu.Lock()
	m.streams[1] = s
	m.mu.Unlock()
	within(t, "Receive", func() {
		if err := s.Receive(t.Context(), &Done{}); !errors.Is(err, ErrDead) {
			t.Errorf("Receive = %v", err)
		}
	})
	within(t, "Send", func() {
		if err := s.Send(t.Context(), Done{}); !errors.Is(err, ErrDead) {
			t.Errorf("Send = %v", err)
		}
	})
	close(conn.letGo)
	within(t, "Close", func() { _ = m.Close() })
}
