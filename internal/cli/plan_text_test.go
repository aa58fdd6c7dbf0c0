package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/engine"
	"cairn/internal/resource"
)

func change(property, from, to string) resource.Change {
	return resource.Change{Property: property, From: from, To: to}
}

func step(task, guard, id string, changes ...resource.Change) engine.StepPlan {
	return engine.StepPlan{ID: id, Task: task, Guard: guard, Diff: resource.Diff{Changes: changes, Fingerprint: id}}
}

// somePlan has two hosts with the same plan, one that drifted, one that is as
// declared, and one that cannot be looked at.
func somePlan() *engine.Plan {
	fresh := func(name, address, before string) engine.HostPlan {
		h := engine.HostPlan{Host: name, Address: address, System: "Debian GNU/Linux 13 (trixie)", Notes: []engine.Note{
			{Kind: engine.NoteKey, Text: "Afterwards your key opens the host: ssh ops@" + address},
			{Kind: engine.NoteReach, Text: "8096/tcp jellyfin listens on all addresses and will be closed.", Fix: "Give the host a line: open: [8096/tcp]"},
		}}
		h.Steps = append(h.Steps, step("base", "", "packages curl sudo", change("sudo", "absent", "installed")), step("base", "", "hostname "+name, change("now", before, name)))
		for i := range 5 {
			h.Steps = append(h.Steps, step("base", "", fmt.Sprintf("sysctl net.%d", i), change("now", "1", "0"), change("after a restart", "absent", "0")))
		}
		h.Steps = append(h.Steps, step("access", "gate", "sshd-dropin 00-cairn.conf", change("A", "not set", "1"), change("B", "not set", "2"), change("C", "not set", "3"), change("D", "not set", "4")))
		return h
	}
	drifted := resource.Change{Property: "content", From: "3 lines, sha256 a", To: "3 lines, sha256 b", Text: "  A \"1\";\n- B \"0\";\n+ B \"1\";"}
	return &engine.Plan{Lab: "home", Took: "1.2s", Hosts: []engine.HostPlan{
		fresh("atlas", "10.0.0.1", "debian"), fresh("rhea", "10.0.0.2", "localhost"),
		{Host: "hera", System: "Debian GNU/Linux 12 (bookworm)", Steps: []engine.StepPlan{
			step("base", "", "file /etc/a", drifted), step("base", "", "file /etc/old", change("file", "present", "absent")), step("base", "", "unit a.timer"),
		}},
		{Host: "zeus", System: "Debian GNU/Linux 12 (bookworm)", Steps: []engine.StepPlan{step("base", "", "unit a.timer")}},
		{Host: "ares", Problem: "ares: the host cannot be reached"},
	}}
}

const somePlanText = `Lab home · 5 hosts, 20 resources looked at in 1.2s

atlas, rhea  Debian GNU/Linux 13 (trixie)
  What will no longer be reached
    ! 8096/tcp jellyfin listens on all addresses and will be closed.
      Give the host a line: open: [8096/tcp]
  Who gets in afterwards
    - Afterwards your key opens the host: ssh ops@ADDRESS
  base: 7 changes
    + packages: sudo
    ~ hostname, for each its own
    ~ 5 kernel settings: net.0, net.1, net.2 and 2 more
  access: 1 change, guarded
    + settings of the SSH server in 00-cairn.conf: 4 options

hera  Debian GNU/Linux 12 (bookworm)
  base: 2 changes
    ~ file /etc/a
          A "1";
        - B "0";
        + B "1";
    - file /etc/old: present -> absent

zeus  Debian GNU/Linux 12 (bookworm)
  no changes

ares
  ! cannot be looked at: the host cannot be reached

Guarded changes undo themselves unless you get in afterwards.
Plan: 18 changes on 3 hosts. Every line of it: cairn plan --full. Make them with: cairn up
`

func textOf(view planView, colour bool) string {
	var b strings.Builder
	writePlanText(&b, func(word, text string) string { return painted(colour, word, text) }, somePlan(), view)
	return b.String()
}

func TestPlanText(t *testing.T) {
	if diff := cmp.Diff(somePlanText, textOf(planView{}, false)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPlanInUp checks the plan of a command that asks. It does not say how to make
// the changes or that they will be made with it.
func TestPlanInUp(t *testing.T) {
	if text := textOf(planView{asking: true}, false); strings.Contains(text, "cairn up") || !strings.Contains(text, "cairn plan --full") {
		t.Errorf("the plan in up ends with:\n%s", text[strings.LastIndex(text, "\nPlan:"):])
	}
}

// TestPlanInFull shows every value, host by host if they differ.
func TestPlanInFull(t *testing.T) {
	text := textOf(planView{full: true}, false)
	for _, want := range []string{"    ~ kernel setting net.4\n        ~ now: 1 -> 0\n        + after a restart: 0\n", "        + D: not set -> 4\n", "\natlas, rhea  Debian"} {
		if !strings.Contains(text, want) {
			t.Errorf("the full plan does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "--full") {
		t.Error("the full plan names the option that shows it")
	}
}

// TestPlanColour checks that colour only accompanies signs with the same meaning.
func TestPlanColour(t *testing.T) {
	coloured := textOf(planView{}, true)
	for _, want := range []string{"\x1b[32m+\x1b[0m packages", "\x1b[33m~\x1b[0m hostname", "\x1b[31m-\x1b[0m file", "\x1b[31m- B \"0\";\x1b[0m"} {
		if !strings.Contains(coloured, want) {
			t.Errorf("the coloured plan lacks %q", want)
		}
	}
	if diff := cmp.Diff(somePlanText, regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(coloured, "")); diff != "" {
		t.Errorf("without its colours (-want +got):\n%s", diff)
	}
}
