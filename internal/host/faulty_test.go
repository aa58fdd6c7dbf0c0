package host

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cairn/internal/host/faulty"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

// impatient are limits short enough for a test.
var impatient = Limits{
	Dial: 2 * time.Second, Login: 2 * time.Second, Hello: 3 * time.Second, Upload: 5 * time.Second, Answer: 3 * time.Second, Leave: 300 * time.Millisecond,
	Heartbeat: wire.Heartbeat{Every: 200 * time.Millisecond, Limit: time.Second},
}

// visitBound is more than a visit can take: each limit once, on a busy machine.
const visitBound = 25 * time.Second

// visit does everything that a session is for, except a run. It stops at the first
// error.
func visit(ctx context.Context, m *machine, line *faulty.Line) error {
	c := m.connector(func(o *Options) { o.Dial, o.Limits = line.Dial, impatient })
	s, err := c.Connect(ctx, m.as("root"), Login{})
	if err != nil {
		return err
	}
	_, err = s.Facts(ctx)
	if err == nil {
		_, err = s.Check(ctx, nil)
	}
	if err == nil {
		var stop func() error
		if _, stop, err = s.Listen(ctx, wire.ListenRequest{Network: "tcp4", Nonce: "n"}); err == nil {
			err = stop()
		}
	}
	if err != nil {
		_ = s.Close()
		return err
	}
	return s.Close()
}

// everyFault returns faults at every step-th message. well is a line on which all
// went well before.
func everyFault(well *faulty.Line, step int, kinds ...faulty.Kind) []faulty.Fault {
	var all []faulty.Fault
	for _, way := range []faulty.Way{faulty.Out, faulty.In, faulty.Both} {
		for at := 1; at <= well.Messages(way); at += step {
			for _, kind := range kinds {
				all = append(all, faulty.Fault{Kind: kind, Way: way, At: at, For: 300 * time.Millisecond})
			}
		}
	}
	return all
}

// TestNoVisitWaitsForADeadHost cuts, silences and delays the connection at its
// messages. A visit must work, or end in time with an error about the connection.
func TestNoVisitWaitsForADeadHost(t *testing.T) {
	m := boot(t, "")
	must(t, visit(t.Context(), m, &faulty.Line{})) // brings the agent
	well := &faulty.Line{}
	must(t, visit(t.Context(), m, well))
	step := 3
	if testing.Short() {
		step = 18
	}
	faults := everyFault(well, step, faulty.Cut, faulty.Silence, faulty.Delay)
	t.Logf("%d messages out, %d in, %d faults", well.Messages(faulty.Out), well.Messages(faulty.In), len(faults))
	slots := make(chan struct{}, 8)
	var all sync.WaitGroup
	for _, fault := range faults {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			name := fmt.Sprintf("%s %s at %d", fault.Kind, fault.Way, fault.At)
			if problemOf := visitOver(t, m, fault); problemOf != "" {
				t.Errorf("%s: %s", name, problemOf)
			}
		})
	}
	all.Wait()
}

// visitOver makes a visit over a faulty line. It returns what is wrong with its
// end, or "".
func visitOver(t *testing.T, m *machine, fault faulty.Fault) string {
	ended := make(chan error, 1)
	started := time.Now()
	line := &faulty.Line{Fault: fault}
	go func() { ended <- visit(context.Background(), m, line) }()
	select {
	case err := <-ended:
		switch code := problem.CodeOf(err); {
		case err == nil, code == problem.HostConnection, code == problem.HostTimeout, code == problem.HostUnreachable:
			return ""
		default:
			return fmt.Sprintf("after %s: %v", time.Since(started), err)
		}
	case <-time.After(visitBound):
		return "it hangs"
	}
}

// TestGivenUpVisitsEndAtOnce cancels visits. They must not wait for any limit,
// whatever the host was about to answer.
func TestGivenUpVisitsEndAtOnce(t *testing.T) {
	m := boot(t, "")
	must(t, visit(t.Context(), m, &faulty.Line{}))
	well := &faulty.Line{}
	must(t, visit(t.Context(), m, well))
	for at := 1; at <= well.Messages(faulty.In); at += 3 {
		line := &faulty.Line{Fault: faulty.Fault{Kind: faulty.Silence, Way: faulty.Both, At: well.Messages(faulty.Both) * at / well.Messages(faulty.In)}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- visit(ctx, m, line) }()
		m.await("the fault", func() bool { return line.Struck() || len(ended) > 0 })
		given := time.Now()
		cancel()
		select {
		case <-ended:
		case <-time.After(visitBound):
			t.Fatalf("silent from message %d on: it hangs", line.Fault.At)
		}
		if took := time.Since(given); took > 2*time.Second {
			t.Errorf("silent from message %d on: it took %s to give up", line.Fault.At, took)
		}
	}
}

// TestAnSSHAgentThatSaysNothing has an agent that was forwarded from a machine
// that is gone.
func TestAnSSHAgentThatSaysNothing(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	must(t, err)
	defer func() { must(t, l.Close()) }()
	answered := make(chan error, 1)
	go func() {
		_, err := agentIdentities(socket, 200*time.Millisecond)
		answered <- err
	}()
	select {
	case err := <-answered:
		if err == nil {
			t.Error("it has keys")
		}
	case <-time.After(10 * time.Second):
		t.Error("it is waited for")
	}
}
