package guard

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// The commands of the test program on a real host, where it plays the agent. Where
// the agent has a command, the word is the same.
const hostProgram = "/usr/local/bin/guard-test"

// hostPlan is a plan on its way to a real host.
type hostPlan struct {
	Steps    []resource.Spec
	Owner    string
	Trial    bool
	Deadline time.Duration
	Die      string // the point at which the process is killed
}

// hostSide carries out the command with which the test program was called on a
// real host. done is false if there was none.
func hostSide(args []string) (exit int, done bool) {
	if len(args) < 2 {
		return 0, false
	}
	ctx, dir := context.Background(), args[1]
	var err error
	switch args[0] {
	case "execute":
		err = hostExecute(ctx, dir, args[2])
	case "rollback":
		var state State
		state, err = Resume(ctx, hostEnv(dir))
		fmt.Println(state.Phase, state.Reason)
	case "proceed":
		err = Proceed(ctx, dir)
	case "confirm":
		err = Confirm(ctx, dir, args[2])
	case "abort":
		err = Abort(ctx, dir, args[2])
	case "trial":
		argv := TrialCommand(dir)
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err = cmd.Run()
	default:
		return 0, false
	}
	if err != nil {
		return fail(err), true
	}
	return 0, true
}

func hostEnv(dir string) Env {
	system := system.NewLocal()
	return Env{System: system, Dir: dir, Alarm: Systemd{System: system, Agent: []string{hostProgram}}, Boot: hostBoot(), Now: time.Now}
}

// hostBoot is the start time of process 1 (proc_pid_stat(5), field 22). In a
// container, the kernel's own boot id is the machine's.
func hostBoot() string {
	stat, err := os.ReadFile("/proc/1/stat")
	if err != nil {
		return ""
	}
	return strings.Fields(string(stat[strings.LastIndex(string(stat), ")"):]))[20]
}

func hostExecute(ctx context.Context, dir, planFile string) error {
	var p hostPlan
	body, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	if err := wire.Decode(body, &p); err != nil {
		return err
	}
	full := Plan{Deadline: p.Deadline, Settle: 2 * time.Second, Nonce: nonce, Trial: p.Trial, Owner: p.Owner}
	for _, spec := range p.Steps {
		r, err := resource.Decode(spec)
		if err != nil {
			return err
		}
		full.Steps = append(full.Steps, Step{ID: string(r.Kind()) + " " + r.Key(), Resource: r.(resource.Guardable)})
	}
	env := hostEnv(dir)
	env.arrow = func(point string) {
		if point == p.Die {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	_, err = Execute(ctx, env, full, func(e wire.Event) error {
		fmt.Println(e.Type, e.Step, e.Detail)
		return nil
	})
	return err
}
