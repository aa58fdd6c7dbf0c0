package system

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func run(t *testing.T, c Command) Output {
	t.Helper()
	out, err := NewLocal().Runner.Run(t.Context(), c)
	ok(t, err)
	return out
}

func TestRunnerRuns(t *testing.T) {
	out := run(t, Command{Argv: []string{"sh", "-c", "cat; echo said >&2; exit 3"}, Stdin: []byte("given")})
	if string(out.Stdout) != "given" || string(out.Stderr) != "said\n" || out.Exit != 3 {
		t.Errorf("%+v", out)
	}
}

func TestRunnerGivesOnlyItsOwnEnvironment(t *testing.T) {
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	t.Setenv("SECRET_OF_THE_CALLER", "x")
	out := string(run(t, Command{Argv: []string{"env"}, Env: []string{"MINE=1"}}).Stdout)
	for _, want := range []string{"LC_ALL=C.UTF-8\n", "MINE=1\n", "DEBIAN_FRONTEND=noninteractive\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "SECRET") {
		t.Error("the caller's environment got through")
	}
}

func TestRunnerFindsProgramsWithoutTheCallersPath(t *testing.T) {
	t.Setenv("PATH", "/nowhere")
	if out := run(t, Command{Argv: []string{"true"}}); out.Exit != 0 {
		t.Errorf("%+v", out)
	}
}

func TestRunnerSaysThatAProgramIsMissing(t *testing.T) {
	for _, name := range []string{"no-such-program", "/usr/sbin/no-such-program", "/etc"} {
		if out := run(t, Command{Argv: []string{name}}); out.Exit != MissingProgram || !strings.Contains(string(out.Stderr), name) {
			t.Errorf("%s: %+v", name, out)
		}
	}
	if _, err := NewLocal().Runner.Run(t.Context(), Command{}); err == nil {
		t.Error("no program was run")
	}
}

func TestRunnerBoundsWhatItKeeps(t *testing.T) {
	out := run(t, Command{Argv: []string{"head", "-c", "6000000", "/dev/zero"}})
	if len(out.Stdout) != maxOutput {
		t.Errorf("%d bytes were kept", len(out.Stdout))
	}
}

func TestRunnerStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewLocal().Runner.Run(ctx, Command{Argv: []string{"sleep", "1000"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func TestFailuresSayWhatTheProgramSaid(t *testing.T) {
	for script, want := range map[string]string{
		"echo one >&2; exit 4":             "sh failed with exit code 4: one",
		"echo out; exit 4":                 "sh failed with exit code 4: out",
		"seq 9 >&2; exit 1":                "sh failed with exit code 1: 6; 7; 8; 9",
		"echo first >&2; kill -KILL $$; :": "sh was killed: first",
	} {
		_, err := NewLocal().Run(t.Context(), "sh", "-c", script)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v instead of %s", script, err, want)
		}
	}
}

// What a program repeats of its standard input may be secret.
func TestAComplaintRepeatsNothingThatWasGiven(t *testing.T) {
	sys := &System{Runner: NewLocal().Runner}
	_, err := sys.RunWith(t.Context(), Command{Argv: []string{"sh", "-c", "echo line 2 is wrong: >&2; sed -n 2p >&2; exit 1"}, Stdin: []byte("one\n  planted word\n")})
	if err == nil || !strings.Contains(err.Error(), "line 2 is wrong") || strings.Contains(err.Error(), "planted") {
		t.Errorf("%v", err)
	}
}
