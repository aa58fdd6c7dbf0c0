package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
	"cairn/internal/golden"
	"cairn/internal/journal"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/testkey"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cairn": func() {
		os.Exit(Run(context.Background(), os.Args[1:], Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}})
}

// TestScripts runs the program itself as its owner would. Besides testscript's
// own commands, there are:
//
//	exits CODE COMMAND...   runs a command that must end with the exit code
//	begin [TASK...]         begins the case of the lab here, the tasks done
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: golden.Updating(), RequireExplicitExec: true, RequireUniqueNames: true, ContinueOnError: true,
		Setup: func(env *testscript.Env) error { giveHome(t, env); return nil },
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "begin": begin},
	})
}

// giveHome makes a home with a key. It has no SSH agent, whoever runs the test.
func giveHome(t *testing.T, env *testscript.Env) {
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Setenv("SSH_AUTH_SOCK", "")
	testkey.Write(t, filepath.Join(home, ".ssh", "id_ed25519"), "")
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v ended with %d, not %d", args[1:], got, want)
	}
}

// begin writes the journal that `up` would have left. It is the case of a hybrid
// lab, begun on the first of January, with one task done each hour.
func begin(ts *testscript.TestScript, _ bool, tasks []string) {
	r, err := roadmap.Homelab(task.Implemented)
	ts.Check(err)
	conditions, err := condition.New()
	ts.Check(err)
	program, err := cmmn.Compile(r.Model(roadmap.Hybrid), conditions)
	ts.Check(err)
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	c, turn, err := program.Start(cmmn.Author{At: at, By: "cairn", Why: "the first up"})
	ts.Check(err)
	turns := []cmmn.Turn{turn}
	do := func(command cmmn.Command, why string) {
		turn, err := c.Execute(command, cmmn.Author{At: at, By: "cairn", Why: why})
		ts.Check(err)
		turns = append(turns, turn)
	}
	for _, id := range tasks {
		at = at.Add(time.Hour)
		task, _ := r.Task(id)
		set := cmmn.Set{Values: map[string]json.RawMessage{}}
		for _, checkpoint := range task.Checkpoints {
			set.Values[roadmap.ValueName(checkpoint)] = json.RawMessage("true")
		}
		do(set, "what the evidence says")
		item, _ := c.Latest(id)
		do(cmmn.Do{Number: item.Number, Transition: cmmn.Complete, Path: id}, "its checkpoints are proven")
	}
	writeTurns(ts, turns)
}

func writeTurns(ts *testscript.TestScript, turns []cmmn.Turn) {
	log, err := journal.Open(context.Background(), ts.MkAbs(".cairn/journal.db"))
	ts.Check(err)
	for _, turn := range turns {
		body, err := json.Marshal(turn)
		ts.Check(err)
		_, err = log.Append(context.Background(), journal.Event{Run: "begun", At: turn.At, Type: "case.turn", Body: body})
		ts.Check(err)
	}
	ts.Check(log.Close())
}
