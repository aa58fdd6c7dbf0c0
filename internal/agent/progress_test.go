package agent

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cairn/internal/system"
	"cairn/internal/wire"
)

// TestProgressIsSentAndNotKept has a step report its progress. A follower of the
// run sees it. Afterwards neither the log nor the run's directory has it.
func TestProgressIsSentAndNotKept(t *testing.T) {
	a := &Agent{State: t.TempDir(), Now: time.Now}
	dir := filepath.Join(a.State, "runs", "r1")
	plan, err := wire.Encode(wire.Run{ID: "r1"})
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = system.ReplaceFile(filepath.Join(dir, planFile), plan, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	own, err := flock(filepath.Join(dir, "lock"))
	if err != nil || own == nil {
		t.Fatal("the run's lock: ", err)
	}
	defer func() { _ = own.Close() }()
	log := opened(t, dir)
	defer func() { _ = log.Close() }()
	appended(t, log, wire.RunStarted)

	here, there := net.Pipe()
	controller, host := wire.NewMux(here, wire.ControllerSide, wire.DefaultHeartbeat), wire.NewMux(there, wire.AgentSide, wire.DefaultHeartbeat)
	defer func() { _, _ = controller.Close(), host.Close() }()
	go func() {
		if stream, err := host.Accept(t.Context()); err == nil {
			_ = (&session{Agent: a}).attach(t.Context(), stream)
		}
	}()
	stream, err := controller.Open(t.Context(), wire.KindAttach)
	if err == nil {
		err = stream.Send(t.Context(), wire.AttachRequest{Run: "r1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	next := func() (e wire.Event) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := stream.Receive(ctx, &e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := next(); e.Type != wire.RunStarted {
		t.Fatalf("the first event is %+v", e)
	}
	r := &execution{Agent: a, plan: wire.Run{ID: "r1"}, log: log, dir: dir}
	r.showing(wire.Step{ID: "packages sudo", Task: "t"})("34 % installed, at sudo")
	if e := next(); e.Type != wire.StepProgress || e.Step != "packages sudo" || e.Detail != "34 % installed, at sudo" || e.Seq != 0 {
		t.Errorf("the follower got %+v", e)
	}
	r.noProgress()
	appended(t, log, wire.RunDone)
	if e := next(); e.Type != wire.RunDone || e.Seq != 2 {
		t.Errorf("the next of the log is %+v", e)
	}
	if _, err := log.Append(wire.Event{Type: wire.StepProgress}); err == nil {
		t.Error("the log takes progress")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, progressFile+"*")); len(left) > 0 {
		t.Errorf("there is left %q", left)
	}
}
