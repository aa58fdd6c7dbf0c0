package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pair returns the two ends of one connection.
func pair(t *testing.T, beat Heartbeat) (controller, agent *Mux) {
	t.Helper()
	a, b := net.Pipe()
	controller, agent = NewMux(a, ControllerSide, beat), NewMux(b, AgentSide, beat)
	t.Cleanup(func() {
		_ = controller.Close()
		_ = agent.Close()
	})
	return controller, agent
}

func opened(t *testing.T, from, to *Mux, kind string) (near, far *Stream) {
	t.Helper()
	near, err := from.Open(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	far, err = to.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return near, far
}

func TestMessagesCross(t *testing.T) {
	controller, agent := pair(t, DefaultHeartbeat)
	near, far := opened(t, controller, agent, KindScan)
	if far.Kind() != KindScan {
		t.Errorf("kind %q", far.Kind())
	}
	want := ScanRequest{Address: "10.0.0.1", First: 1, Last: 65535, Timeout: time.Second}
	if err := near.Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	var got ScanRequest
	if err := far.Receive(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := far.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := near.Receive(t.Context(), &got); err != io.EOF {
		t.Errorf("after the end: %v, want EOF", err)
	}
}

// TestASlowReaderHoldsUpOnlyItsOwnStream sends more than a window into a stream
// that nobody reads. Another stream goes on.
func TestASlowReaderHoldsUpOnlyItsOwnStream(t *testing.T) {
	controller, agent := pair(t, DefaultHeartbeat)
	stuck, unread := opened(t, controller, agent, "stuck")
	near, far := opened(t, controller, agent, "lively")
	content := bytes.Repeat([]byte("0123456789abcdef"), 5*window/16)
	sent := make(chan error, 1)
	go func() {
		_, err := stuck.Write(content)
		sent <- errors.Join(err, stuck.CloseWrite())
	}()
	for range 100 {
		if err := near.Send(t.Context(), Done{}); err != nil {
			t.Fatal(err)
		}
		if err := far.Receive(t.Context(), &Done{}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-sent:
		t.Fatalf("a write beyond the window came through: %v", err)
	default:
	}
	got, err := io.ReadAll(unread)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v; want all %d", len(got), err, len(content))
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestManyStreamsAtOnce(t *testing.T) {
	controller, agent := pair(t, DefaultHeartbeat)
	go func() {
		for {
			s, err := agent.Accept(context.Background())
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(s, s)
				_ = s.CloseWrite()
			}()
		}
	}()
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			s, err := controller.Open(t.Context(), "echo")
			if err != nil {
				t.Error(err)
				return
			}
			content := bytes.Repeat([]byte{byte(i)}, 10_000*i)
			go func() {
				_, _ = s.Write(content)
				_ = s.CloseWrite()
			}()
			got, err := io.ReadAll(s)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("stream %d: %d bytes, %v", i, len(got), err)
			}
		})
	}
	wait.Wait()
	controller.mu.Lock()
	defer controller.mu.Unlock()
	if n := len(controller.streams); n != 0 {
		t.Errorf("%d streams are still kept", n)
	}
}

func TestCancelledReceiveReturns(t *testing.T) {
	controller, agent := pair(t, DefaultHeartbeat)
	near, _ := opened(t, controller, agent, "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := near.Receive(ctx, &Done{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive = %v", err)
	}
}

func TestClosingAStreamTellsTheOtherSide(t *testing.T) {
	controller, agent := pair(t, DefaultHeartbeat)
	near, far := opened(t, controller, agent, "x")
	_ = near.Close()
	if err := far.Receive(t.Context(), &Done{}); !errors.Is(err, ErrReset) {
		t.Errorf("Receive = %v, want %v", err, ErrReset)
	}
}

// TestASilentPeerIsDead has a peer that keeps the connection open and says
// nothing, as after a cable was cut.
func TestASilentPeerIsDead(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	m := NewMux(ours, ControllerSide, Heartbeat{Every: 5 * time.Millisecond, Limit: 50 * time.Millisecond})
	s, err := m.Open(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Receive(t.Context(), &Done{}); !errors.Is(err, ErrDead) {
		t.Errorf("Receive = %v, want %v", err, ErrDead)
	}
	_ = m.Close()
}

func TestAQuietPeerIsNotDead(t *testing.T) {
	controller, agent := pair(t, Heartbeat{Every: 5 * time.Millisecond, Limit: 500 * time.Millisecond})
	select {
	case <-controller.Done():
		t.Errorf("ended: %v", controller.Err())
	case <-agent.Done():
		t.Errorf("ended: %v", agent.Err())
	case <-time.After(1250 * time.Millisecond):
	}
}

func TestGarbageEndsTheConnection(t *testing.T) {
	ours, theirs := net.Pipe()
	m := NewMux(ours, ControllerSide, DefaultHeartbeat)
	go func() { _, _ = theirs.Write([]byte("Connection to atlas closed by remote host.\n")) }()
	<-m.Done()
	if !errors.Is(m.Err(), errFrame) {
		t.Errorf("Err = %v, want %v", m.Err(), errFrame)
	}
	_ = m.Close()
}

func TestHelloIsFoundInNoise(t *testing.T) {
	hello := Hello{Protocol: Protocol, Agent: "abc", Facts: Facts{Hostname: "atlas", Clock: time.Unix(1, 2).UTC()}}
	var b bytes.Buffer
	b.WriteString("Welcome!\nCAIRN-HELLO other AAAA\n" + strings.Repeat("#", 9000) + "\nno newline at the end")
	if err := WriteHello(&b, "n1", hello); err != nil {
		t.Fatal(err)
	}
	b.WriteString("frames")
	r := bufio.NewReaderSize(&b, 4096)
	got, need, err := ReadHello(r, "n1")
	if err != nil || need != "" {
		t.Fatal(need, err)
	}
	if diff := cmp.Diff(hello, got); diff != "" {
		t.Error(diff)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "frames" {
		t.Errorf("rest %q", rest)
	}
}

func TestNeedIsFoundInNoise(t *testing.T) {
	r := bufio.NewReader(strings.NewReader("motd\nCAIRN-NEED n1 x86_64 missing\n"))
	if _, need, err := ReadHello(r, "n1"); err != nil || need != "x86_64 missing" {
		t.Errorf("need %q, %v", need, err)
	}
}

func TestWhatWasPrintedInstead(t *testing.T) {
	_, _, err := ReadHello(bufio.NewReader(strings.NewReader("one\nPlease \x1b go\n\n")), "n1")
	var silent *NoHelloError
	if !errors.As(err, &silent) || silent.Last != "Please \x1b go" || !errors.Is(err, ErrNoHello) || !errors.Is(err, io.EOF) {
		t.Fatalf("ReadHello = %#v", err)
	}
	if text := err.Error(); !strings.Contains(text, `"Please \x1b go"`) {
		t.Errorf("the error says %s", text)
	}
}

func TestEndlessNoiseIsNotRead(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(strings.Repeat("noise\n", maxNoise)))
	if _, _, err := ReadHello(bufio.NewReader(endless), "n1"); !errors.Is(err, ErrNoHello) {
		t.Errorf("ReadHello = %v, want %v", err, ErrNoHello)
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	body, err := Encode(map[int]string{1: "x", 99: "y"})
	if err != nil {
		t.Fatal(err)
	}
	if err := Decode(body, &DialRequest{}); !errors.Is(err, ErrMessage) {
		t.Errorf("Decode = %v, want %v", err, ErrMessage)
	}
}

// FuzzFrames feeds a connection with anything. It must end or go on. It must not
// keep anything beyond the room that it gave.
func FuzzFrames(f *testing.F) {
	f.Add(appendFrame(nil, frame{stream: 1, typ: frameOpen, payload: []byte("facts")}))
	f.Add(appendFrame(appendFrame(nil, frame{stream: 1, typ: frameOpen}), frame{stream: 1, typ: frameData, payload: []byte("abc")}))
	f.Add([]byte{0, 0, 0, 4, 0, 0, 0, 1, byte(frameCredit), 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		m := NewMux(&oneWay{bytes.NewReader(data)}, AgentSide, DefaultHeartbeat)
		<-m.Done()
		_ = m.Close()
	})
}

// oneWay is a connection that brings data and swallows answers.
type oneWay struct{ io.Reader }

func (oneWay) Write(p []byte) (int, error) { return len(p), nil }
func (oneWay) Close() error                { return nil }

func FuzzDecode(f *testing.F) {
	seed, _ := Encode(Run{ID: "r", Steps: []Step{{ID: "file /x"}}})
	f.Add(seed)
	f.Fuzz(func(_ *testing.T, data []byte) {
		_ = Decode(data, &Run{})
		_ = Decode(data, &Hello{})
		_ = Decode(data, &CheckReply{})
	})
}
