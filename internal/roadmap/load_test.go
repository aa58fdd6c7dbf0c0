package roadmap

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/document"
	"cairn/internal/golden"
	"cairn/internal/problem"
	"cairn/internal/task"
)

// load returns the homelab roadmap.
func load(t testing.TB) *Roadmap {
	t.Helper()
	r, err := Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pretended are the tasks that the program claims to carry out for the file
// "pretends".
func pretended(file string) func(task string) bool {
	return func(id string) bool {
		return file == "pretends" && (id == "ground.one" || id == "ground.two" || id == "ground.three")
	}
}

func TestInvalid(t *testing.T) {
	paths, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 25 {
		t.Fatalf("only %d invalid roadmaps", len(paths))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Load("roadmap.yaml", data, pretended(name))
			checkFaults(t, data, err)
			golden.Check(t, strings.TrimSuffix(path, ".yaml")+".golden", []byte(problem.Of(err).Error()+"\nfix: "+problem.Of(err).Remedy()+"\n"))
		})
	}
}

// checkFaults checks what others rely on in the error for a refused roadmap.
func checkFaults(t *testing.T, data []byte, err error) {
	t.Helper()
	var faults document.Faults
	if problem.CodeOf(err) != problem.RoadmapWrong || !errors.As(err, &faults) || len(faults) == 0 {
		t.Fatalf("error %v", err)
	}
	lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 1
	for _, f := range faults {
		if f.File != "roadmap.yaml" || f.Line < 1 || f.Line > lines || f.Column < 1 || f.Message == "" {
			t.Errorf("incomplete fault %+v in %d lines", f, lines)
		}
	}
}

func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(homelab)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Load("roadmap.yaml", data, task.Implemented)
		if err != nil {
			checkFaults(t, data, err)
			return
		}
		if len(r.Stages) == 0 || !bytes.Equal(Markdown(r), Markdown(r)) {
			t.Errorf("accepted %+v", r)
		}
		for _, s := range r.Stages {
			for _, task := range s.Tasks {
				if found, known := r.Task(task.ID); !known || found.ID != task.ID {
					t.Errorf("%s is not found", task.ID)
				}
			}
		}
	})
}

func TestTooLarge(t *testing.T) {
	data := append([]byte("roadmap: small\n#"), bytes.Repeat([]byte("x"), dialect.MaxBytes)...)
	if _, err := Load("roadmap.yaml", data, nil); problem.CodeOf(err) != problem.RoadmapWrong || !strings.Contains(err.Error(), "KiB") {
		t.Errorf("error = %v", err)
	}
}

// TestNestingIsBounded has the inputs that could exhaust a recursive parser.
func TestNestingIsBounded(t *testing.T) {
	for _, opener := range []string{"[", "{a: ", "- ", "? ", "&a ", "!a ", "[{a: ", "a: ", "-\n"} {
		if _, err := Load("roadmap.yaml", []byte(strings.Repeat(opener, dialect.MaxBytes/len(opener))), nil); err == nil {
			t.Errorf("%q repeated was accepted", opener)
		}
	}
}

func TestLookups(t *testing.T) {
	r := load(t)
	task, _ := r.Task("foundation.firewall")
	milestone, _ := r.Milestone("foundation.firewall-applied")
	checkpoint, _ := r.Checkpoint("foundation.firewall-blocks")
	stage, _ := r.Stage("foundation")
	choice, _ := r.Choice("firewall")
	if task.Milestone != milestone.ID || milestone.Task != task.ID || milestone.Checkpoints[0] != checkpoint.ID {
		t.Errorf("%+v, %+v and %+v do not belong together", task, milestone, checkpoint)
	}
	if stage.Name != "Initial Setup" || task.Choices[0] != choice.ID {
		t.Errorf("stage %q, choice %q", stage.Name, choice.ID)
	}
	if _, known := r.Task("foundation.firewall-applied"); known {
		t.Error("a milestone is found as a task")
	}
	if _, known := r.Checkpoint("foundation.nothing"); known {
		t.Error("a checkpoint is found that does not exist")
	}
}

// TestWhatIsCarriedOut checks what this version carries out to the end: the looks
// of each checkpoint, and what waits for what.
func TestWhatIsCarriedOut(t *testing.T) {
	r := load(t)
	looks := map[string]string{
		"foundation.hardware-recognised": "host:hardware",
		"foundation.os-supported":        "host:os-release",
		"foundation.network-stable":      "host:network controller:network second-host:network",
		"foundation.time-synchronised":   "controller:clock-offset host:clock-synchronised",
		"foundation.updates-on":          "host:updates-on",
		"foundation.ssh-access": "controller:ssh-key-login controller:ssh-root-refused controller:ssh-password-refused " +
			"controller:ssh-keyboard-interactive-refused controller:ssh-weak-kex-refused " +
			"second-host:ssh-key-login second-host:ssh-root-refused second-host:ssh-password-refused " +
			"second-host:ssh-keyboard-interactive-refused second-host:ssh-weak-kex-refused " +
			"host:ssh-other-user-refused host:ssh-effective-config",
		"foundation.firewall-blocks": "second-host:port-scan-ipv4 second-host:port-scan-ipv6 second-host:canary-allowed " +
			"second-host:canary-denied second-host:canary-published second-host:udp-canary host:firewall-lasts",
		"core.containers-run": "host:container-runs host:containers-reach host:containers-apart host:volume-keeps " +
			"second-host:container-port-closed second-host:container-port-open",
		"core.http-routed":        "controller:route-answers controller:route-unknown controller:route-reaches second-host:route-answers second-host:route-unknown",
		"core.names-resolve":      "controller:name-resolves controller:name-unknown-refused second-host:name-resolves",
		"core.https-served":       "controller:https-answers controller:tls-old-refused second-host:https-answers",
		"core.certificates-valid": "controller:certificate-valid controller:certificate-renews",
	}
	got := map[string]string{}
	for _, s := range r.Stages {
		for _, c := range s.Checkpoints {
			if c.Available {
				got[c.ID] = looksIn(t, c)
			}
		}
	}
	if diff := cmp.Diff(looks, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want := []string{"hardware-assembly", "firmware", "operating-system", "network", "host-base", "secure-remote-access", "firewall", "core.container-platform", "core.reverse-proxy", "core.tls"}
	if diff := cmp.Diff(want, availableTasks(r)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func looksIn(t *testing.T, c Checkpoint) string {
	t.Helper()
	var words []string
	for _, p := range c.Probes {
		words = append(words, p.From+":"+p.Probe)
		if p.Fresh != 24*time.Hour {
			t.Errorf("%s: %s counts for %s", c.ID, p.Probe, p.Fresh)
		}
	}
	return strings.Join(words, " ")
}

func availableTasks(r *Roadmap) []string {
	var names []string
	for _, s := range r.Stages {
		for _, t := range s.Tasks {
			if t.Available {
				names = append(names, strings.TrimPrefix(t.ID, "foundation."))
			}
		}
	}
	return names
}

// TestFacts checks facts about the roadmap's phases that tests of its form miss.
func TestFacts(t *testing.T) {
	r := load(t)
	for id, want := range map[string]string{
		"foundation.version-control": "1 hour",
		"core.container-platform":    "2 hours to 3 days (2 to 6 hours for Docker, 1 to 3 days for Kubernetes)",
		"expansion.automation":       "4 to 10 hours (per platform)",
		"expansion.ai":               "1 to 5 days (by how complex it gets)",
		"expansion.secrets":          "1 to 3 days",
	} {
		if task, _ := r.Task(id); task.Estimate.String() != want {
			t.Errorf("%s: %q", id, task.Estimate)
		}
	}
	for _, s := range r.Stages {
		for _, task := range s.Tasks {
			all := s.ID == "expansion" || s.ID == "improvement"
			if one := task.ID == "foundation.version-control" || task.ID == "core.authentication"; task.Discretionary != (all || one) {
				t.Errorf("%s: discretionary %v", task.ID, task.Discretionary)
			}
			if (task.Repeats != "") != (s.ID == "improvement") {
				t.Errorf("%s: repeats %q", task.ID, task.Repeats)
			}
		}
	}
}

func TestValueName(t *testing.T) {
	if got := ValueName("foundation.firewall-blocks"); got != "foundation_firewall_blocks" {
		t.Errorf("ValueName = %q", got)
	}
}
