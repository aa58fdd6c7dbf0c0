package resource

import "testing"

func TestWhereAChangeLeads(t *testing.T) {
	for _, c := range []struct {
		name    string
		changes []Change
		want    Direction
	}{
		{"no change", nil, Changed},
		{"all new", []Change{{From: "absent", To: "present"}, {From: "", To: "root"}}, Added},
		{"all gone", []Change{{From: "root", To: "not set"}}, Removed},
		{"one of two is new", []Change{{From: "absent", To: "present"}, {From: "root", To: "ops"}}, Changed},
	} {
		if got := (Diff{Changes: c.changes}).Direction(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
