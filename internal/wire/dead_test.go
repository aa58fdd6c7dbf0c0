package wire

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// soon is what ends within it has not waited for the other side.
const soon = 2 * time.Second

// within fails the test when do is not over soon.
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

// deaf is a connection whose other side takes nothing and says nothing.
func deaf(t *testing.T) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	return ours
}

// lasting is a connection that closes only when it is let go, as one does that says
// goodbye to a machine which is gone.
type lasting struct {
	net.Conn
	letGo chan struct{}
}

func (l lasting) Close() error {
	<-l.letGo
	return l.Conn.Close()
}

// TestWritesToADeafPeerEndWithTheirContext: nobody who is told to stop waits for a
// peer that takes nothing, nor does what they leave behind.
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

// TestAReaderGoesOnWhileNothingCanBeWritten: what a peer that takes nothing says is
// still read, so that its last words are not lost.
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
	if n := len(m.out.waiting); n > 1 {
		t.Errorf("%d pongs wait", n)
	}
	within(t, "Close", func() { _ = m.Close() })
}

// TestWhatWaitsEndsBeforeTheConnectionDoes: a dead peer is told to whoever waits at
// once, however long the connection takes to close.
func TestWhatWaitsEndsBeforeTheConnectionDoes(t *testing.T) {
	conn := lasting{deaf(t), make(chan struct{})}
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
