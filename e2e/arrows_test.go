package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/resource"
	"cairn/internal/throwaway"
	"cairn/internal/wire"
)

// arrows are the steps of a guard, in the order of its state diagram
// (docs/explanation/guard.md). phase is what its state.json names. also is a
// condition that must hold on the host besides.
var arrows = []struct {
	name, phase, also string
	fails             bool // the host itself sees that the change locks the owner out
}{
	{"prepared", "prepared", "true", false},
	{"proceeding", "proceeding", "true", false},
	{"arming", "armed", "true", false},
	{"armed", "armed", "ls /etc/systemd/system/sysinit.target.wants/cairn-guard-*", false},
	{"applied", "armed", `grep -q "$run" /etc/cairn-arrow`, false},
	{"settled", "settled", "true", false},
	{"confirmed", "confirmed", "true", false},
	{"persisted", "persisted", "true", false},
	{"rolling back", "rolling-back", "true", true},
	{"rolled back", "rolled-back", "true", true},
}

// freeze waits for an arrow and stops the agent's process there. So the disaster
// meets the guard at this step and not a few later. It prints the state in which
// the guard was stopped. It stops only the oldest process: a child has the same
// name for a moment when it starts. If the child were stopped too, it would stay
// stopped, as thaw does not find it under its later name.
const freeze = `
run=$0 wanted=$1 also=$2 dir=/var/lib/cairn/runs/$0/guards/gate
phase() { case $state in *'"phase":"'$1'"'*) return 0 ;; esac; return 1; }
over() { phase persisted || phase rolled-back || phase refused || phase stuck; }
while :; do
	state=; read -r state <"$dir/state.json"
	if phase "$wanted" && eval "$also"; then break; fi
	if over; then break; fi
	sleep 0.005
done >/dev/null 2>&1
pkill -STOP --oldest -f "[c]airn-agent.* run $run"
cat "$dir/state.json"`

// The agent's processes: the one that carries the run out, and all of them.
const (
	killRun = `pkill -KILL -f '[c]airn-agent.* run '; true`
	killAll = `pkill -KILL cairn-agent; true`
	thaw    = `pkill -CONT -f '[c]airn-agent.* run '; true`
)

// planted is a secret in a file that a guard brings to the host.
const planted = "planted-52c19e"

// arrowDeadline is short, because the deadline ends most disasters.
const arrowDeadline = 8 * time.Second

// disasters are what may happen at an arrow. If the controller survives, it must
// bring the run to its end by itself.
var disasters = []struct {
	name     string
	survives bool // the controller lives
	happen   func(*arrow) error
}{
	{"the controller is killed", false, func(a *arrow) error { return a.on(thaw) }},
	{"the agent is killed", true, func(a *arrow) error { return a.on(killRun) }},
	{"every process of Cairn is killed", false, func(a *arrow) error { return a.on(killAll) }},
	{"the network is cut", true, func(a *arrow) error {
		err := errors.Join(a.bed.rehearsal.Disconnect(a.ctx, a.host), a.on(thaw))
		time.Sleep(arrowDeadline + time.Second)
		return errors.Join(err, a.bed.rehearsal.Connect(a.ctx, a.host))
	}},
	{"the host restarts", true, func(a *arrow) error { return a.again((*throwaway.Hosts).Restart) }},
	{"the power is cut", true, func(a *arrow) error { return a.again((*throwaway.Hosts).PowerCycle) }},
}

// arrow is one disaster at one arrow of one guard.
type arrow struct {
	t    *testing.T
	ctx  context.Context
	bed  *bed
	host string
	run  string
	size int64 // the new RekeyLimit, in MiB
}

// changes counts them, so that no two are alike.
var changes atomic.Int64

func (a *arrow) on(line string) error {
	_, _, err := a.bed.rehearsal.Exec(a.ctx, a.host, []string{"sh", "-c", line}, nil)
	return err
}

func (a *arrow) again(how func(*throwaway.Hosts, context.Context, string) error) error {
	return how(a.bed.rehearsal, a.ctx, a.host)
}

// TestArrows lets each disaster happen at each arrow of a guard on a real host.
// Only `make test-long` tries all; otherwise it tries every second one. Afterwards
// the host is as before, byte for byte, or fully changed and confirmed. No alarm
// is left, and the owner gets in.
func TestArrows(t *testing.T) {
	names := []string{"h1", "h2", "h3", "h4", "h5", "h6"}
	b := newBed(t, names...)
	b.closeGates(names...)
	type job struct{ at, disaster int }
	var jobs []job
	for at := range arrows {
		for disaster := range disasters {
			// Every second job still covers each arrow and each disaster.
			if whole() || (at+disaster)%2 == 0 {
				jobs = append(jobs, job{at, disaster})
			}
		}
	}
	spread(names, jobs, func(name string, j job) {
		t.Run(arrows[j.at].name+"/"+disasters[j.disaster].name, func(t *testing.T) {
			a := &arrow{t: t, ctx: t.Context(), bed: b, host: name}
			a.try(j.at, j.disaster)
		})
	})
}

// tries is how often a guard is begun again if it was faster than its watcher.
const tries = 12

func (a *arrow) try(at, disaster int) {
	for range tries {
		a.run, a.size = newRunID(), 100+changes.Add(1)
		if a.once(at, disaster) {
			return
		}
	}
	a.t.Errorf("the guard was not caught in %d tries", tries)
}

// once reports whether the guard was caught at the arrow.
func (a *arrow) once(at, disaster int) bool {
	started, before := time.Now(), a.bed.fingerprint(a.host)
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	ended := make(chan error, 1)
	c := a.change(arrows[at].fails)
	go func() { ended <- a.bed.make(ctx, a.bed.engineWith(func(engine.Event) {}), a.host, c) }()
	if caught := a.freeze(arrows[at].phase, arrows[at].also); caught != arrows[at].phase {
		a.t.Logf("it reached %s before it was caught", caught)
		if err := a.on(thaw); err != nil {
			a.t.Error(err)
		}
		<-ended
		return false
	}
	if !disasters[disaster].survives {
		cancel()
	}
	if err := disasters[disaster].happen(a); err != nil {
		a.t.Error(err)
	}
	err := a.await(ended, cancel)
	phase := a.settle()
	a.t.Logf("ended as %s after %.1fs: %v", phase, time.Since(started).Seconds(), err)
	if disasters[disaster].survives && (err == nil) != (phase == "persisted") {
		a.t.Errorf("the controller ended with %v, but the guard is %s", err, phase)
	}
	a.mustBeWhole(phase, before)
	return true
}

// await returns how the controller's run ended. It cancels a run that waits
// without end, and shows what the run waits for.
func (a *arrow) await(ended <-chan error, cancel func()) error {
	select {
	case err := <-ended:
		return err
	case <-time.After(3 * time.Minute):
		a.t.Errorf("the controller still waits for the run:\n%s", a.bed.run(a.host, "ps axfo pid,stat,wchan:20,etime,args; systemctl list-jobs; cat /var/lib/cairn/runs/"+a.run+"/guards/gate/state.json"))
		cancel()
		return <-ended
	}
}

// change touches the SSH server and a file.
func (a *arrow) change(fails bool) change {
	c := change{run: a.run, deadline: arrowDeadline, resources: []resource.Resource{
		a.bed.policy(a.host, resource.SSHOption{Keyword: "RekeyLimit", Value: fmt.Sprintf("%dM", a.size)}),
		resource.File{Path: "/etc/cairn-arrow", Content: resource.Inline(a.run + "\n" + planted + "\n"), Mode: 0o600},
	}}
	if fails {
		c.resources = append(c.resources, resource.Sudoers{Name: "cairn-ops", Content: resource.Inline("ops ALL=(ALL:ALL) ALL\n")})
	}
	return c
}

// freeze returns the phase in which the guard was stopped.
func (a *arrow) freeze(phase, also string) string {
	out, stderr, err := a.bed.rehearsal.Exec(a.ctx, a.host, []string{"sh", "-c", freeze, a.run, phase, also}, nil)
	if err != nil {
		a.t.Fatalf("%v: %s", err, stderr)
	}
	return phaseIn(string(out))
}

// phaseIn is the phase that a guard's state.json names.
func phaseIn(state string) string {
	_, rest, _ := strings.Cut(state, `"phase":"`)
	phase, _, _ := strings.Cut(rest, `"`)
	return phase
}

// settle waits until the guard is over, and returns its last phase. If the alarm
// does not end it, settle takes it up as the next `up` would.
func (a *arrow) settle() (phase string) {
	over := func() bool {
		phase = phaseIn(a.bed.run(a.host, "cat /var/lib/cairn/runs/"+a.run+"/guards/gate/state.json"))
		return phase == "persisted" || phase == "rolled-back" || phase == "refused" || phase == "stuck"
	}
	for limit := time.Now().Add(arrowDeadline + 2*time.Second); !over() && time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
	}
	if !over() {
		a.takeUp()
	}
	if !over() {
		a.t.Errorf("the guard is left as %q", phase)
	}
	return phase
}

// takeUp attaches to the run, as `up` does first of all.
func (a *arrow) takeUp() {
	session, err := a.bed.connector().Connect(a.ctx, a.bed.host(a.host), host.Login{OwnerOnly: true})
	if err != nil {
		a.t.Fatalf("the owner is locked out: %v", err)
	}
	defer func() { _ = session.Close() }()
	if err := session.Attach(a.ctx, a.run, 0, func(wire.Event) error { return nil }); err != nil {
		a.t.Errorf("the run was not ended: %v", err)
	}
}

// mustBeWhole compares the host with how the guard ended.
func (a *arrow) mustBeWhole(phase, before string) {
	eventually(a.t, 10*time.Second, "the alarm is taken away", func() bool {
		return a.bed.run(a.host, "ls /etc/systemd/system /etc/systemd/system/sysinit.target.wants /run/systemd/transient 2>/dev/null | grep cairn-guard; true") == ""
	})
	if phase == "persisted" {
		got := a.bed.run(a.host, "cat /etc/cairn-arrow; /usr/sbin/sshd -T | grep rekeylimit")
		if want := fmt.Sprintf("%s\n%s\nrekeylimit %d 0\n", a.run, planted, a.size<<20); got != want {
			a.t.Errorf("confirmed, but the host is not changed: %q, want %q", got, want)
		}
	} else if d := difference(before, a.bed.fingerprint(a.host)); d != "" {
		a.t.Errorf("the guard is %s, but the host is not as it was:\n%s", phase, d)
	}
	// The copies go after the alarm, by a process that may have to wait for the CPU.
	eventually(a.t, 10*time.Second, "the secret of a guard that is "+phase+" is taken away", func() bool {
		return a.bed.run(a.host, "grep -rlaF "+planted+" /var/lib/cairn; true") == ""
	})
	a.bed.reachable(a.host)
}
