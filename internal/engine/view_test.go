package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cairn/internal/cmmn"
	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wire"
)

// TestReadingWhileAnotherProcessWorks reads status, history and evidence, several
// at once. Meanwhile another process has the lab's lock and writes without pause.
// Each answer must be of one moment.
func TestReadingWhileAnotherProcessWorks(t *testing.T) {
	if dir := os.Getenv("CAIRN_TEST_WORKS_ON"); dir != "" {
		workWithoutPause(dir)
	}
	l := restored(t)
	stop := startWorking(t, l.Dir)
	defer stop()
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := OpenReader(t.Context(), ReadOptions{Lab: l, Roadmap: r, Now: func() time.Time { return then }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	seen := map[string]bool{}
	for range 15 {
		v, err := reader.View(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s := v.Status()
		if !strings.Contains(s.Running, "cairn up") {
			t.Fatalf("under way is %q", s.Running)
		}
		round := lastRound(t, s)
		if seen[round] = true; t.Failed() {
			return
		}
		var group errgroup.Group
		group.Go(func() error { return historyEndsWith(t.Context(), v, round) })
		group.Go(func() error { return json.NewEncoder(&strings.Builder{}).Encode(v.Status()) })
		group.Go(func() error { _, err := v.Explain("foundation.firewall-blocks"); return err })
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) < 3 {
		t.Errorf("only the rounds %v were seen: nothing was written meanwhile", seen)
	}
}

// lastRound is the round in the status. It is the reason of a look and the name of
// the failed step. Both were written together.
func lastRound(t *testing.T, s *Status) string {
	t.Helper()
	if len(s.Undone) != 1 {
		t.Fatalf("undone: %v", s.Undone)
	}
	for _, m := range s.Stages[0].Milestones {
		for _, c := range m.Checkpoints {
			for _, look := range c.Looks {
				if strings.HasPrefix(look.Reason, "round ") {
					if look.Reason != s.Undone[0].Name {
						t.Errorf("the evidence is of %s and the change of %s", look.Reason, s.Undone[0].Name)
					}
					return look.Reason
				}
			}
		}
	}
	t.Fatal("no look tells of a round")
	return ""
}

// historyEndsWith reads the history of a view later, and compares it with the
// round.
func historyEndsWith(ctx context.Context, v *View, round string) error {
	turns, err := v.History(ctx)
	if err == nil && turns[len(turns)-1].Why != round {
		err = fmt.Errorf("the history of %s ends with %s", round, turns[len(turns)-1].Why)
	}
	return err
}

// startWorking lets another process work on a lab, and waits until it does.
func startWorking(t *testing.T, dir string) (stop func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestReadingWhileAnotherProcessWorks$")
	cmd.Env, cmd.Stderr = append(os.Environ(), "CAIRN_TEST_WORKS_ON="+dir), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
}

// workWithoutPause writes round after round. Each is written as a whole: a failed
// step, the look that saw it, and a turn of the case.
func workWithoutPause(dir string) {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	l, err := lab.Load(dir + "/lab.yaml")
	must(err)
	r, err := roadmap.Homelab(task.Implemented)
	must(err)
	e, err := Open(ctx, Options{Lab: l, Roadmap: r, Now: func() time.Time { return then }})
	must(err)
	done, err := e.takeLock(ctx, "up")
	must(err)
	defer done() // never, and so the lock is not collected
	look := resolve.Bare(e.resolved.Looks("foundation.firewall-blocks"))[0]
	for n := 1; ; n++ {
		round := fmt.Sprintf("round %d", n)
		record := evidence.Record{Look: look, Started: then, Outcome: evidence.Refuted, Reason: round}.Seal(e.ledger.Last())
		e.ledger.Add(record)
		turn, err := e.caseState.c.Execute(cmmn.Set{Values: map[string]json.RawMessage{"foundation_firewall_blocks": json.RawMessage(fmt.Sprint(n%2 == 0))}}, cmmn.Author{At: then, By: "cairn", Why: round})
		must(err)
		failed := wire.Event{Run: round, Seq: 1, Type: wire.StepFailed, Task: firewallTask, Step: round}
		var events []journal.Event
		for _, one := range []struct {
			event journal.Event
			body  any
		}{
			{journal.Event{Run: round, Host: look.Host, Seq: 1, Type: string(wire.StepFailed), Subject: round}, failed},
			{journal.Event{Run: "work", Type: typeEvidence, Subject: look.Key()}, record},
			{journal.Event{Run: "work", Type: typeTurn}, turn},
		} {
			one.event.At = then
			one.event.Body, err = json.Marshal(one.body)
			must(err)
			events = append(events, one.event)
		}
		_, err = e.journal.Append(ctx, events...)
		must(err)
		fmt.Print(".")
	}
}
