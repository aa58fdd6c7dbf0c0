package host

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"cairn/internal/resource"
	"cairn/internal/wire"
)

// planted is a secret in the content of a file that a run brings.
const planted = "planted-8d1f0a"

// contentsName is the agent's name for the place of a run's contents.
const contentsName = "contents"

// planting is a run with the secret in its first step.
func planting(t *testing.T, id string, then ...resource.Resource) wire.Run {
	t.Helper()
	run := wire.Run{ID: id, Epoch: 1, Lab: "test"}
	first := resource.File{Path: "/srv/" + id, Content: resource.Inline(planted), Mode: 0o600, Sensitive: true}
	long := resource.File{Path: "/srv/" + id + "-long", Content: resource.Inline(strings.Repeat(planted+"\n", 10_000)), Mode: 0o600}
	for _, r := range append([]resource.Resource{first, long}, then...) {
		run.Steps = append(run.Steps, wire.Step{ID: string(r.Kind()) + " " + r.Key(), Task: "t", Resource: encoded(t, r)})
	}
	return run
}

// slow is a step that lasts until visudo works again. [slowly] breaks visudo and
// [quickly] repairs it.
func slow(name string) resource.Resource {
	return resource.Sudoers{Name: name, Content: resource.Inline("# " + planted + "\n")}
}

const (
	slowly  = `[ -e /srv/visudo ] || cp $(command -v visudo) /srv/visudo; printf '#!/bin/sh\nsleep 300\n' >$(command -v visudo)`
	quickly = `printf '#!/bin/sh\nexec /srv/visudo "$@"\n' >$(command -v visudo)`
)

// onDisk lists the files below Cairn's state that have the secret.
func (m *machine) onDisk() string { return m.sh("grep -rlaF " + planted + " /var/lib/cairn || true") }

// inMemory lists such files where runs keep what they need.
func (m *machine) inMemory() string {
	return m.sh("grep -rlaF " + planted + " /run/cairn-work 2>/dev/null || true")
}

// killed starts a run and kills every agent in the middle of it.
func (m *machine) killed(run wire.Run) {
	m.t.Helper()
	m.sh(slowly)
	must(m.t, m.local().Start(m.t.Context(), run, nil))
	m.await("the slow step", func() bool { return m.sh("cat /proc/[0-9]*/comm | grep -cx sleep || true") != "0" })
	m.sh("for p in /proc/[0-9]*; do case $(cat $p/comm 2>/dev/null) in cairn-agent|visudo|sleep) kill -KILL ${p#/proc/} ;; esac; done; " + quickly)
}

func lastOf(t *testing.T, s *Session, run string) (last wire.Event) {
	t.Helper()
	must(t, s.Attach(t.Context(), run, 0, func(e wire.Event) error { last = e; return nil }))
	return last
}

// However a run ends, none of its contents stays below Cairn's state. Once it has
// ended, none stays in memory either.
func TestRunsLeaveNoContents(t *testing.T) {
	m := boot(t, "")
	m.needs("visudo")
	m.sh("mkdir -p /etc/sudoers.d /srv/directory")
	clean := func(t *testing.T, inMemoryToo bool) {
		t.Helper()
		if found := m.onDisk(); found != "" {
			t.Errorf("on the disk: %s", found)
		}
		if found := m.inMemory(); inMemoryToo && found != "" {
			t.Errorf("in memory: %s", found)
		}
	}
	t.Run("ended well", func(t *testing.T) {
		s := m.of(t).local()
		must(t, s.Start(t.Context(), planting(t, "well"), nil))
		if last := lastOf(t, s, "well"); last.Type != wire.RunDone || m.sh("cat /srv/well") != planted {
			t.Fatalf("it ended with %+v", last)
		}
		clean(t, true)
		// Sent again, it stays ended.
		must(t, s.Start(t.Context(), planting(t, "well"), nil))
		clean(t, true)
	})
	t.Run("failed", func(t *testing.T) {
		s := m.of(t).local()
		must(t, s.Start(t.Context(), planting(t, "failed", resource.File{Path: "/srv/directory", Content: resource.Inline(planted)},
			resource.Unit{Name: "no-systemd.service", Content: resource.Inline("# " + planted + "\n")}, resource.Sudoers{Name: "bad", Content: resource.Inline("no sudoers " + planted + "\n")}), nil))
		if last := lastOf(t, s, "failed"); last.Type != wire.RunFailed {
			t.Fatalf("it ended with %+v", last)
		}
		clean(t, true)
	})
	t.Run("killed", func(t *testing.T) {
		m := m.of(t)
		m.killed(planting(t, "killed", slow("killed")))
		clean(t, false)
		s := m.local()
		clean(t, false)
		if last := lastOf(t, s, "killed"); last.Type != wire.RunDone {
			t.Errorf("it ended with %+v", last)
		}
		clean(t, true)
	})
	t.Run("lost power", func(t *testing.T) {
		m := m.of(t)
		run := planting(t, "power", slow("power"))
		m.killed(run)
		m.sh("rm -rf /run/cairn-work")
		clean(t, false)
		// A controller that knows the run sends it again, and the run goes on.
		s := m.local()
		must(t, s.Start(t.Context(), run, nil))
		if last := lastOf(t, s, "power"); last.Type != wire.RunDone {
			t.Errorf("it ended with %+v", last)
		}
		clean(t, true)
		// Another controller is told that the run cannot go on.
		m.killed(planting(t, "forgotten", slow("forgotten")))
		m.sh("rm -rf /run/cairn-work")
		if last := lastOf(t, m.local(), "forgotten"); last.Type != wire.RunFailed || !strings.Contains(last.Failure.Summary, "restarted") {
			t.Errorf("it ended with %+v", last)
		}
		clean(t, true)
	})
	t.Run("the controller died while it sent", func(t *testing.T) {
		m := m.of(t)
		run := planting(t, "gone", resource.File{Path: "/srv/huge", Content: randomFile(t, 8*mib), Mode: 0o600})
		ctx, die := context.WithCancel(t.Context())
		defer die()
		dying := m.local()
		if err := dying.Start(ctx, run, func(done, of int64) {
			if done > of/2 {
				die()
			}
		}); err == nil {
			t.Error("nothing went wrong")
		}
		clean(t, true)
		must(t, dying.Close())
		if left := m.sh("ls /var/lib/cairn/runs/gone"); !strings.Contains(left, contentsName) {
			t.Errorf("nothing to erase: %s", left)
		}
		s := m.local()
		if left := m.sh("ls -A /var/lib/cairn/runs/gone /run/cairn-work"); strings.Contains(left, contentsName) {
			t.Errorf("contents are left: %s", left)
		}
		must(t, s.Start(t.Context(), run, nil))
		if last := lastOf(t, s, "gone"); last.Type != wire.RunDone {
			t.Errorf("it ended with %+v", last)
		}
		clean(t, true)
	})
	t.Run("begun by the version before", func(t *testing.T) {
		m := m.of(t)
		for _, id := range []string{"well", "old"} { // one has ended, one has not
			run := planting(t, id)
			run.Steps = run.Steps[:1] // that version had no names of contents
			body, err := wire.Encode(run)
			must(t, err)
			m.sh(fmt.Sprintf("mkdir -p /var/lib/cairn/runs/%[1]s; echo %[2]s | base64 -d >/var/lib/cairn/runs/%[1]s/plan.cbor", id, base64.StdEncoding.EncodeToString(body)))
		}
		if m.onDisk() == "" {
			t.Fatal("the search finds nothing")
		}
		s := m.local()
		if len(s.Hello().Runs) != 7 || strings.Contains(m.onDisk(), "well") {
			t.Errorf("the host knows of %+v and has %s", s.Hello().Runs, m.onDisk())
		}
		if last := lastOf(t, s, "old"); last.Type != wire.RunDone || m.sh("cat /srv/old") != planted {
			t.Errorf("it ended with %+v", last)
		}
		clean(t, true)
	})
}
