package host

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

func encoded(t testing.TB, r resource.Resource) resource.Spec {
	t.Helper()
	return must1(resource.Encode(r))(t)
}

func TestFactsAndCheck(t *testing.T) {
	m := boot(t, "printf same >/srv/same; chmod 640 /srv/same")
	s := m.local()
	facts, err := s.Facts(t.Context())
	must(t, err)
	if facts.OS.ID == "" || facts.Arch != s.Hello().Facts.Arch || facts.CPUs < 1 {
		t.Errorf("facts %+v", facts)
	}
	specs := []resource.Spec{
		encoded(t, resource.File{Path: "/srv/same", Content: resource.Inline("same"), Mode: 0o640}),
		encoded(t, resource.File{Path: "/srv/other", Content: resource.Inline("other"), Mode: 0o640}),
		{Kind: "unknown", Body: []byte{0xa0}},
	}
	// The connection's own traffic, such as a heartbeat, is counted too if it falls
	// into a check.
	trips := 0
	for range 3 {
		before := s.RoundTrips()
		results, err := s.Check(t.Context(), specs)
		must(t, err)
		if len(results[0].Diff.Changes) != 0 || len(results[1].Diff.Changes) == 0 || results[2].Failure == nil {
			t.Errorf("the host answers %+v", results)
		}
		if trips = s.RoundTrips() - before; trips == 1 {
			break
		}
	}
	if trips != 1 {
		t.Errorf("a check took %d round trips", trips)
	}
	if results, err := s.Check(t.Context(), nil); err != nil || len(results) != 0 {
		t.Errorf("a check of nothing gives %v, %v", results, err)
	}
}

func TestRunAndAttach(t *testing.T) {
	m := boot(t, "")
	s := m.local()
	run := wire.Run{ID: "r1", Epoch: 1, Lab: "test", Steps: []wire.Step{
		{ID: "file /srv/new", Task: "t", Resource: encoded(t, resource.File{Path: "/srv/new", Content: resource.Inline("new"), Mode: 0o600})},
	}}
	must(t, s.Start(t.Context(), run, nil))
	var all []wire.Event
	must(t, s.Attach(t.Context(), "r1", 0, func(e wire.Event) error { all = append(all, e); return nil }))
	if last := all[len(all)-1]; last.Type != wire.RunDone || m.sh("cat /srv/new") != "new" {
		t.Fatalf("the run ended with %+v", last)
	}
	for i, e := range all {
		if e.Seq != uint64(i+1) {
			t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
	}
	// Another session sees the rest of the same.
	var rest []wire.Event
	again := m.local()
	must(t, again.Attach(t.Context(), "r1", 2, func(e wire.Event) error { rest = append(rest, e); return nil }))
	if len(rest) != len(all)-2 || rest[0].Seq != 3 {
		t.Errorf("after event 2 there are %+v", rest)
	}
	if runs := again.Hello().Runs; len(runs) != 1 || runs[0].Last != wire.RunDone || again.Hello().Epoch != 1 {
		t.Errorf("the next session knows of %+v", runs)
	}
	// If the caller refuses an event, the attachment ends.
	if err := again.Attach(t.Context(), "r1", 0, func(wire.Event) error { return io.ErrShortBuffer }); err != io.ErrShortBuffer {
		t.Errorf("Attach = %v", err)
	}
	// A run with an old epoch is refused.
	must(t, s.Start(t.Context(), wire.Run{ID: "r0", Epoch: 0, Lab: "test"}, nil))
	var last wire.Event
	must(t, s.Attach(t.Context(), "r0", 0, func(e wire.Event) error { last = e; return nil }))
	if last.Type != wire.RunRefused {
		t.Errorf("a run of the past ended with %+v", last)
	}
}

func TestProblemsOfTheHost(t *testing.T) {
	m := boot(t, "")
	s := m.local()
	for name, do := range map[string]func() error{
		"start":   func() error { return s.Start(t.Context(), wire.Run{ID: "../x"}, nil) },
		"proceed": func() error { return s.Proceed(t.Context(), "none", "gate") },
		"confirm": func() error { return s.Confirm(t.Context(), "none", "gate", "nonce") },
		"abort":   func() error { return s.Abort(t.Context(), "none", "gate", "reason") },
		"trial":   func() error { _, err := s.TrialDial(t.Context(), "none", "gate"); return err },
		"dial": func() error {
			_, err := s.Dial(t.Context(), "tcp", netip.AddrPortFrom(m.host.Address, freePort(t)).String())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if p := problem.Of(do()); p == nil || p.Where != "box" || p.Code == problem.HostConnection {
				t.Errorf("the problem is %v", p)
			}
		})
	}
	if _, err := s.Facts(t.Context()); err != nil {
		t.Errorf("the session did not survive: %v", err)
	}
}

// If a server on a staged configuration ends by itself, the connection ends. A
// login does not wait for it.
func TestTrialThatEnds(t *testing.T) {
	m := boot(t, "")
	s := m.local()
	dir := "/var/lib/cairn/runs/r1/guards/gate"
	m.sh("mkdir -p " + dir + "; echo nonsense >" + dir + "/sshd_config")
	conn, err := s.TrialDial(t.Context(), "r1", "gate")
	must(t, err)
	defer func() { _ = conn.Close() }()
	must(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	if said, err := io.ReadAll(conn); err != nil {
		t.Errorf("it said %q, and then %v", said, err)
	}
}

func TestLookingFromAHost(t *testing.T) {
	m := boot(t, "")
	s := m.local()
	t.Run("listen, dial, scan", func(t *testing.T) {
		reply, stop, err := s.Listen(t.Context(), wire.ListenRequest{Network: "tcp4", Nonce: "n0nce"})
		must(t, err)
		at := fmt.Sprintf("127.0.0.1:%d", reply.Port)
		for _, from := range []interface {
			Dial(ctx context.Context, network, address string) (net.Conn, error)
			Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error)
		}{s, Local{}} {
			conn, err := from.Dial(t.Context(), "tcp", at)
			must(t, err)
			if said, err := bufio.NewReader(conn).ReadString('\n'); said != "n0nce\n" {
				t.Errorf("the listener said %q, %v", said, err)
			}
			must(t, conn.Close())
			seen, err := from.Scan(t.Context(), wire.ScanRequest{Address: "127.0.0.1", First: reply.Port, Last: reply.Port, Timeout: time.Second})
			if err != nil || !slices.Equal(seen.Open, []uint16{reply.Port}) {
				t.Errorf("the scan saw %+v, %v", seen, err)
			}
		}
		must(t, stop())
		if _, err := (Local{}).Dial(t.Context(), "tcp", at); err == nil {
			t.Error("the listener listens still")
		}
	})
	t.Run("datagram", func(t *testing.T) {
		reply, stop, err := s.Listen(t.Context(), wire.ListenRequest{Network: "udp4", Nonce: "n0nce"})
		must(t, err)
		for _, from := range []interface {
			Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error)
		}{s, Local{}} {
			answer, err := from.Datagram(t.Context(), wire.DatagramRequest{Address: fmt.Sprintf("127.0.0.1:%d", reply.Port), Payload: []byte("x"), Timeout: 5 * time.Second})
			if err != nil || string(answer.Payload) != "n0nce" {
				t.Errorf("the answer is %+v, %v", answer, err)
			}
		}
		must(t, stop())
	})
	t.Run("half-closed connection", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer func() { must(t, l.Close()) }()
		go func() {
			conn, err := l.Accept()
			if err == nil {
				text, _ := io.ReadAll(conn)
				_, _ = conn.Write([]byte(strings.ToUpper(string(text))))
				_ = conn.Close()
			}
		}()
		conn, err := s.Dial(t.Context(), "tcp", l.Addr().String())
		must(t, err)
		must2(conn.Write([]byte("hello")))(t)
		must(t, conn.(interface{ CloseWrite() error }).CloseWrite())
		if said, err := io.ReadAll(conn); string(said) != "HELLO" || err != nil {
			t.Errorf("the other end said %q, %v", said, err)
		}
	})
	t.Run("read", func(t *testing.T) {
		reply, err := s.Read(t.Context(), wire.ReadCommand{Name: "group-members", Args: []string{"ops"}})
		if err != nil || !strings.HasPrefix(string(reply.Output), "ops:") {
			t.Errorf("the host says %+v, %v", reply, err)
		}
		reply, err = s.Read(t.Context(), wire.ReadCommand{Name: "rm", Args: []string{"-rf"}})
		if err != nil || reply.Failure == nil {
			t.Errorf("the host says %+v, %v", reply, err)
		}
	})
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Facts(ctx); err != context.Canceled {
			t.Errorf("Facts = %v", err)
		}
	})
}

func TestPurge(t *testing.T) {
	m := boot(t, "echo the owner >/srv/owners")
	s := m.local()
	must(t, s.Purge(t.Context()))
	must(t, s.Close())
	if left := m.sh("ls /var/lib | grep cairn || true"); left != "" || m.sh("cat /srv/owners") != "the owner" {
		t.Errorf("left: %s", left)
	}
	m.local()
}

// Nobody waits for a run that will never report anything.
func TestRunThatTellsNothing(t *testing.T) {
	m := boot(t, "")
	s := m.local()
	attach := func(run string) error {
		return s.Attach(t.Context(), run, 0, func(e wire.Event) error { return fmt.Errorf("%s tells %+v", run, e) })
	}
	wantCode(t, attach("unknown"), problem.HostAgentBroken, "box")
	m.beginRun("broken", "")
	err := attach("broken")
	wantCode(t, err, problem.HostAgentBroken, "box")
	if !strings.Contains(err.Error(), "resumed 3 times") {
		t.Errorf("a run whose processes end at once: %v", err)
	}
}

// beginRun leaves the directory of a begun run, with a plan that nobody can read.
// It runs a line of shell there.
func (m *machine) beginRun(id, line string) {
	m.sh("mkdir -p /var/lib/cairn/runs/" + id + " && cd /var/lib/cairn/runs/" + id + " && echo nonsense >plan.cbor\n" + line)
}

// If the agent or the connection dies, everything that waits ends with the same
// code.
func TestLostConnection(t *testing.T) {
	for name, kill := range map[string]func(m *machine, s *Session){
		"agent killed": func(m *machine, _ *Session) { m.sh("kill -9 $(pidof cairn-agent)") },
		"connection cut": func(_ *machine, s *Session) {
			_ = s.transport.(*client).conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := boot(t, "")
			m.beginRun("waits", "flock lock sleep 1000 >/dev/null 2>&1 &")
			s := m.connect(m.connector(nil), m.as("root"), Login{})
			waiting := make(chan error)
			go func() {
				waiting <- s.Attach(context.Background(), "waits", 0, func(wire.Event) error { return nil })
			}()
			_, err := s.Facts(t.Context())
			must(t, err)
			kill(m, s)
			wantCode(t, <-waiting, problem.HostConnection, "box")
			_, err = s.Check(t.Context(), nil)
			wantCode(t, err, problem.HostConnection, "box")
		})
	}
}

// The agent ends because its session ends with the controller.
func TestClosedSessionLeavesNoProcess(t *testing.T) {
	m := boot(t, "")
	for _, open := range []func() *Session{m.local, func() *Session { return m.connect(m.connector(nil), m.as("root"), Login{}) }} {
		s := open()
		if m.sh("pidof cairn-agent || true") == "" {
			t.Fatal("no agent runs")
		}
		must(t, s.Close())
		m.await("the agent to end", func() bool { return m.sh("pidof cairn-agent || true") == "" })
	}
}
