package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/host/faulty"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/wire"
)

const (
	// networkVariable sets how many faults TestFaultyNetwork tries. `make
	// test-network` sets it. Without it there are few.
	networkVariable = "CAIRN_NETWORK_FAULTS"
	// fromVariable skips that many faults, which an earlier run has tried.
	fromVariable = "CAIRN_NETWORK_FROM"
)

// impatient are limits short enough for a test.
var impatient = host.Limits{
	Dial: 4 * time.Second, Login: 8 * time.Second, Hello: 15 * time.Second, Heartbeat: wire.Heartbeat{Every: time.Second, Limit: 5 * time.Second},
}

const (
	// endBound is more than a command takes over a line that fails once. It covers the
	// command's own work, the limits, and a guard that nobody can confirm.
	endBound = 4 * time.Minute
	// leaveBound is how long a command may take to end after an interrupt.
	leaveBound = 10 * time.Second
)

// ordeal is a command over a faulty line.
type ordeal struct {
	command string // up, which repairs drift, or check
	fault   faulty.Fault
}

func (o ordeal) name() string {
	name := fmt.Sprintf("%s %s %s at %d", o.command, o.fault.Kind, o.fault.Way, o.fault.At)
	if o.fault.Stays {
		name += " for good"
	}
	return name
}

// TestFaultyNetwork cuts, silences and delays the connection, once and for good.
// It does so in both directions, at messages spread over all of `up` and `check`.
// The command always ends within its bound and reports what is true, and the next
// `up` converges.
func TestFaultyNetwork(t *testing.T) {
	long(t)
	count, err := strconv.Atoi(os.Getenv(networkVariable))
	names := []string{"h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7"}
	if err != nil {
		count, names = 4, names[:2]
	}
	from, _ := strconv.Atoi(os.Getenv(fromVariable))
	b := newBed(t, names...)
	well := map[string]*faulty.Line{}
	var mu sync.Mutex
	commands := []string{"up", "check"}
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			alone := b.alone(t, name)
			alone.up()
			if name != names[0] {
				return
			}
			for _, command := range commands {
				line := &faulty.Line{}
				if _, err := alone.carryOutOver(t.Context(), line, name, command); err != nil {
					t.Errorf("%s without a fault: %v", command, err)
				}
				mu.Lock()
				well[command] = line
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for _, command := range commands {
		t.Logf("%s: %d messages in, %d out", command, well[command].Messages(faulty.In), well[command].Messages(faulty.Out))
	}
	spread(names, ordeals(well, count)[from:], func(name string, o ordeal) {
		t.Run(o.name(), func(t *testing.T) { b.alone(t, name).endure(t, name, o) })
	})
}

// ordeals returns that many, spread evenly over the messages of the commands.
func ordeals(well map[string]*faulty.Line, count int) []ordeal {
	kinds := []faulty.Fault{
		{Kind: faulty.Silence, Way: faulty.In}, {Kind: faulty.Silence, Way: faulty.Both, Stays: true}, {Kind: faulty.Cut, Way: faulty.In},
		{Kind: faulty.Silence, Way: faulty.Out}, {Kind: faulty.Cut, Way: faulty.Out}, {Kind: faulty.Delay, Way: faulty.In, For: 3 * time.Second},
		{Kind: faulty.Delay, Way: faulty.Out, For: 3 * time.Second},
	}
	var all []ordeal
	for i := range count {
		command, f := "up", kinds[i%len(kinds)]
		if i%4 == 3 {
			command = "check"
		}
		f.At = 1 + well[command].Messages(f.Way)*i/count
		all = append(all, ordeal{command, f})
	}
	return all
}

// alone is a lab of one host of the bed, with a journal of its own.
func (b *bed) alone(t *testing.T, name string) *bed {
	t.Helper()
	only := *b.lab
	only.Dir = filepath.Join(b.lab.Dir, name)
	only.Hosts = slices.DeleteFunc(slices.Clone(b.lab.Hosts), func(h lab.Host) bool { return h.Name != name })
	one := &bed{t: t, rehearsal: b.rehearsal, lab: &only, key: b.key, roadmap: b.roadmap}
	one.pin()
	return one
}

// carryOutOver runs a command over a line. up has something to do.
func (b *bed) carryOutOver(ctx context.Context, line *faulty.Line, name, command string) (*engine.UpReport, error) {
	c, err := host.New(host.Options{Lab: b.lab, Dir: engine.StateDirOf(b.lab), Now: time.Now, Dial: line.Dial, Limits: impatient})
	if err != nil {
		return nil, err
	}
	e := b.engineOver(c, b.take)
	if command == "check" {
		_, err := e.Check(ctx, engine.CheckOptions{})
		return nil, err
	}
	b.run(name, drift)
	return e.Up(ctx, engine.UpOptions{})
}

func (b *bed) endure(t *testing.T, name string, o ordeal) {
	line := &faulty.Line{Fault: o.fault}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	type end struct {
		report *engine.UpReport
		err    error
	}
	ended := make(chan end, 1)
	started := time.Now()
	go func() {
		report, err := b.carryOutOver(ctx, line, name, o.command)
		ended <- end{report, err}
	}()
	bound := time.After(endBound)
	if o.fault.Stays {
		eventually(t, endBound, "the fault comes", func() bool { return line.Struck() || len(ended) > 0 })
		time.Sleep(3 * time.Second)
		interrupt()
		bound = time.After(leaveBound)
	}
	var e end
	select {
	case e = <-ended:
	case <-bound:
		t.Fatal("it hangs")
	}
	t.Logf("ended after %.1fs: %v", time.Since(started).Seconds(), e.err)
	if o.command == "up" {
		b.saysWhatIsArmed(t, e.report, e.err)
	}
	b.reachable(name)
	b.up()
	if n := b.up().Plan.Changes(); n != 0 {
		t.Errorf("the next up finds %d changes", n)
	}
}

// saysWhatIsArmed compares the report with the events that came.
func (b *bed) saysWhatIsArmed(t *testing.T, report *engine.UpReport, err error) {
	t.Helper()
	var last wire.EventType
	for _, event := range b.seen() {
		if typ := wire.EventType(event.Type); event.Guard != "" && event.Step == "" && typ != engine.EventProof {
			last = typ
		}
	}
	h := report.Hosts[0]
	armed := slices.ContainsFunc(h.Guards, engine.GuardOutcome.Armed)
	switch {
	case err == nil && h.State != engine.HostChanged && h.State != engine.HostAsDeclared:
		t.Errorf("it worked, and the host is %+v", h)
	case err != nil && h.State == engine.HostAsDeclared && problem.CodeOf(err) != problem.RunUnproven:
		t.Errorf("%v, and the host is as declared", err)
	case (last == wire.GuardArmed || last == wire.GuardApplied || last == wire.GuardSettled) && !armed && h.State != engine.HostWaiting:
		t.Errorf("the host's last event is %s, but the report says %+v", last, h)
	case armed && h.Guards[len(h.Guards)-1].Until == nil:
		t.Errorf("armed until when? %+v", h)
	}
}
