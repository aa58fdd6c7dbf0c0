package host

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"cairn/internal/wire"
)

// streamPair is both ends of a stream, over a pipe in memory.
func streamPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	a, b := net.Pipe()
	controller := wire.NewMux(a, wire.ControllerSide, wire.DefaultHeartbeat)
	agent := wire.NewMux(b, wire.AgentSide, wire.DefaultHeartbeat)
	t.Cleanup(func() { _, _ = controller.Close(), agent.Close() })
	opened, err := controller.Open(t.Context(), wire.KindDial)
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := agent.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return newStreamConn(opened), newStreamConn(accepted)
}

func TestStreamConnDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := streamPair(t)
		started := time.Now()
		must(t, near.SetDeadline(started.Add(3*time.Second)))
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read = %v, want %v", err, os.ErrDeadlineExceeded)
		}
		// Nobody reads at the other end, so a write beyond its credit waits.
		if _, err := near.Write(make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write = %v, want %v", err, os.ErrDeadlineExceeded)
		}
		if took := time.Since(started); took != 3*time.Second {
			t.Errorf("the deadline came after %v", took)
		}
		must(t, near.SetDeadline(time.Time{}))
		must2(far.Write([]byte("x")))(t)
		must2(io.ReadFull(near, make([]byte, 1)))(t)
	})
}

func TestStreamConnDeadlineReachesAReadThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, _ := streamPair(t)
		read := make(chan error)
		go func() {
			_, err := near.Read(make([]byte, 1))
			read <- err
		}()
		synctest.Wait()
		must(t, near.SetReadDeadline(time.Now().Add(time.Minute)))
		synctest.Wait()
		must(t, near.SetReadDeadline(time.Now().Add(time.Second)))
		started := time.Now()
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read = %v, want %v", err, os.ErrDeadlineExceeded)
		}
		if took := time.Since(started); took != time.Second {
			t.Errorf("the deadline came after %v", took)
		}
	})
}

func TestStreamConnWriteSurvivesAMovedDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := streamPair(t)
		const size = 1 << 20
		wrote := make(chan error)
		go func() {
			n, err := near.Write(make([]byte, size))
			if err == nil && n != size {
				err = io.ErrShortWrite
			}
			wrote <- err
		}()
		synctest.Wait()
		must(t, near.SetWriteDeadline(time.Now().Add(time.Hour)))
		must2(io.ReadFull(far, make([]byte, size)))(t)
		must(t, <-wrote)
	})
}

func TestStreamConnEnds(t *testing.T) {
	near, far := streamPair(t)
	must(t, near.Close())
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, wire.ErrReset) {
		t.Errorf("Read = %v, want %v", err, wire.ErrReset)
	}
	if _, err := near.Read(make([]byte, 1)); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Read after Close = %v", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must2 is must for calls that also return how much they did.
func must2(_ int, err error) func(testing.TB) {
	return func(t testing.TB) { t.Helper(); must(t, err) }
}
