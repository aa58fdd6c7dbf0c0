package resolve

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wiring"
)

const small = `roadmap: small
stages:
  - id: ground
    name: Ground
    goal: It stands.
    tasks:
      - {id: ground.base, name: Base, kind: process, cairn: It does it., checkpoints: [ground.stands]}
      - {id: ground.shop, name: Shop, kind: process, cairn: It does it., checkpoints: [ground.sells, ground.stands]}
      - {id: ground.seen, name: Seen, kind: human, cairn: It looks., checkpoints: [ground.stands]}
      - {id: ground.felt, name: Felt, kind: human}
    checkpoints:
      - {id: ground.stands, name: Stands, text: It does., probes: [{from: host, fresh: 1h, look: [a]}, {from: second-host, fresh: 2h, look: [a, b]}, {from: controller, fresh: 1h, look: [b]}]}
      - {id: ground.sells, name: Sells, text: It does., probes: [{from: controller, about: service, fresh: 1h, look: [c]}, {from: host, about: queue, fresh: 1h, look: [d]}]}
`

// definitions carries out both tasks of the small roadmap. The shop applies
// only if the lab has chosen it.
func definitions() []task.Definition {
	return []task.Definition{
		{ID: "ground.base", Guards: []task.Guard{{ID: "one", Settle: 1}}},
		{
			ID: "ground.shop", Applies: func(l *lab.Lab) bool { return l.Choose["shop"] == "yes" },
			Guards: []task.Guard{{ID: "two"}, {ID: "one", Deadline: 5, Trials: []task.Trial{task.StagedLogin, task.StagedLogin}}},
			Subjects: func(l *lab.Lab, _ *wiring.Wiring) []task.Subject {
				return []task.Subject{
					{Subject: evidence.Subject{Kind: evidence.AboutService, Name: "till"}, Host: "nas", Arguments: map[string]any{"c": map[string]int{"port": 80}}},
					{Subject: evidence.Subject{Kind: evidence.AboutService, Name: "cart"}, Host: "atlas"},
				}
			},
		},
	}
}

func resolved(t *testing.T, shop string, hosts ...string) *Resolution {
	t.Helper()
	l := &lab.Lab{Choose: map[string]string{"shop": shop}}
	for _, name := range hosts {
		h := lab.Host{Name: name, Roles: []lab.Role{lab.Server}}
		if strings.HasPrefix(name, "visitor") {
			h.Roles = []lab.Role{lab.VantageRole}
		}
		l.Hosts = append(l.Hosts, h)
	}
	r, err := roadmap.Load("small.yaml", []byte(small), task.ImplementedBy(definitions()))
	if err != nil {
		t.Fatal(err)
	}
	return Of(Inputs{Lab: l, Roadmap: r, Tasks: definitions()})
}

func keys(looks []Look) []string {
	var all []string
	for _, l := range looks {
		all = append(all, strings.TrimPrefix(l.Key(), "ground.")+" "+l.Fresh.String())
	}
	return all
}

func TestLooks(t *testing.T) {
	for _, c := range []struct {
		name, checkpoint, shop string
		hosts, want            []string
	}{
		{"the controller is the second host of one", "ground.stands", "", []string{"atlas"},
			[]string{"stands/a atlas from atlas 1h0m0s", "stands/a atlas from controller 2h0m0s", "stands/b atlas from controller 2h0m0s"}},
		{"a vantage is looked from, not at", "ground.stands", "", []string{"atlas", "nas", "visitor"}, []string{
			"stands/a atlas from atlas 1h0m0s", "stands/a atlas from visitor 2h0m0s", "stands/b atlas from visitor 2h0m0s", "stands/b atlas from controller 1h0m0s",
			"stands/a nas from nas 1h0m0s", "stands/a nas from visitor 2h0m0s", "stands/b nas from visitor 2h0m0s", "stands/b nas from controller 1h0m0s",
		}},
		{"services", "ground.sells", "yes", []string{"atlas", "nas"},
			[]string{`sells/c service till on nas from controller with {"port":80} 1h0m0s`, "sells/c service cart on atlas from controller 1h0m0s"}},
		{"none of a task that does not apply", "ground.sells", "no", []string{"atlas", "nas"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, keys(resolved(t, c.shop, c.hosts...).Looks(c.checkpoint))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWhatFollows(t *testing.T) {
	r := resolved(t, "no", "atlas", "visitor")
	for id, want := range map[string]bool{"ground.base": true, "ground.shop": false, "ground.seen": true, "ground.felt": false, "ground.other": false} {
		if r.Implemented(id) != want {
			t.Errorf("%s: implemented is %v", id, !want)
		}
	}
	if got := r.TasksOf("ground.stands"); !cmp.Equal(got, []string{"ground.base", "ground.shop", "ground.seen"}) {
		t.Errorf("tasks %q", got)
	}
	if managed := r.Managed(); len(managed) != 1 || managed[0].Name != "atlas" {
		t.Errorf("managed are %+v", managed)
	}
	r.Managed()[0].Name = "changed"
	if r.Lab.Hosts[0].Name != "atlas" {
		t.Error("the lab was changed through its managed hosts")
	}
}

// A checkpoint about what the lab does not have cannot be looked at.
func TestCanLook(t *testing.T) {
	for shop, want := range map[string]bool{"yes": true, "no": false} {
		r := resolved(t, shop, "atlas", "nas")
		for id, can := range map[string]bool{"ground.sells": want, "ground.stands": true} {
			if c, _ := r.Roadmap.Checkpoint(id); r.CanLook(c) != can {
				t.Errorf("%s with the shop %s: %v", id, shop, !can)
			}
		}
	}
}

// Two tasks that use one guard share it. Its demands are merged, and guards
// keep the order in which they are first named.
func TestGuards(t *testing.T) {
	guards := resolved(t, "yes", "atlas").Guards()
	if len(guards) != 2 || guards[0].ID != "one" || guards[1].ID != "two" {
		t.Fatalf("guards %+v", guards)
	}
	if g := guards[0]; g.Settle != 1 || g.Deadline != 5 || len(g.Trials) != 1 {
		t.Errorf("guard %+v", g)
	}
	if guards := resolved(t, "no", "atlas").Guards(); len(guards) != 1 || len(guards[0].Trials) != 0 {
		t.Errorf("without the task that does not apply, the guards are %+v", guards)
	}
	if _, known := resolved(t, "no", "atlas").Trial("staged-login"); !known {
		t.Error("a release has no trial")
	}
}
