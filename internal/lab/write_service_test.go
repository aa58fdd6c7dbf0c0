package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/internal/problem"
)

const labToChange = `lab: home # mine
network: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}
hosts:
  atlas: {address: 192.168.1.10}
`

// TestServicesAreWritten adds and removes services. Comments and order stay.
func TestServicesAreWritten(t *testing.T) {
	add := func(name, on string) func(string) error {
		return func(path string) error { return Known{}.AddService(path, name, on) }
	}
	remove := func(name string) func(string) error {
		return func(path string) error { return Known{}.RemoveService(path, name) }
	}
	const heading = "\n# What runs on the hosts; `cairn service list` shows what there is.\nservices:\n"
	for _, c := range []struct {
		name, before string
		do           func(path string) error
		after        string
	}{
		{"the first", labToChange, add("whoami", ""), labToChange + heading + "  whoami: {}\n"},
		{"on a host", labToChange, add("whoami", "atlas"), labToChange + heading + "  whoami: {on: atlas}\n"},
		{"without an end of line", strings.TrimSuffix(labToChange, "\n"), add("whoami", ""), labToChange + heading + "  whoami: {}\n"},
		{"behind others", labToChange + "services:\n    notes: # ours\n      on: atlas # always\n\nchoose: {vpn: wireguard}\n", add("whoami", ""),
			labToChange + "services:\n    notes: # ours\n      on: atlas # always\n    whoami: {}\n\nchoose: {vpn: wireguard}\n"},
		{"at the end of the file", labToChange + "services:\n  notes: {on: atlas}", add("whoami", ""), labToChange + "services:\n  notes: {on: atlas}\n  whoami: {}\n"},
		{"one of two is removed", labToChange + "services:\n  notes:\n    on: atlas\n  whoami: {} # to try\n", remove("notes"), labToChange + "services:\n  whoami: {} # to try\n"},
		{"the only one", labToChange + "services:\n  notes: {on: atlas}\n# the end\n", remove("notes"), labToChange + "# the end\n"},
	} {
		path := filepath.Join(t.TempDir(), "lab.yaml")
		if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		err := c.do(path)
		got, _ := os.ReadFile(path)
		if err != nil || string(got) != c.after {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, got, c.after)
		}
	}
}

// TestServicesThatCannotBeWritten leaves the file as it was.
func TestServicesThatCannotBeWritten(t *testing.T) {
	for _, c := range []struct {
		name, before, service string
		want                  problem.Code
	}{
		{"in one line", labToChange + "services: {notes: {}}\n", "whoami", problem.LabUnwritten},
		{"there already", labToChange + "services:\n  whoami: {}\n", "whoami", problem.LabUnwritten},
		{"an anchor", labToChange + "services: {}\n", "whoami", problem.LabUnwritten},
	} {
		path := filepath.Join(t.TempDir(), "lab.yaml")
		if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Known{}.AddService(path, c.service, "")
		got, _ := os.ReadFile(path)
		if problem.CodeOf(err) != c.want || string(got) != c.before {
			t.Errorf("%s: %v\n%s", c.name, err, got)
		}
	}
}
