package lab

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn/internal/document"
	"cairn/internal/problem"
)

const remarked = `lab: home
network: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}
hosts:
  atlas: {address: 192.168.1.10}
ssh: {key: ~/.ssh/lab}
choose: {container-platform: k3s, auth: authelia, reverse-proxy: caddy}
services:
  jelyfin: {}
waivers:
- {checkpoint: foundation.ssh-access, reason: none, expires: 2026-03-01}
- {checkpoint: foundation.firewall-blocks/ipv6, reason: none, expires: 2026-03-02}
`

// strict knows everything that the command line knows.
func strict(home string) Known {
	return Known{
		Checkpoints: []string{"foundation.ssh-access", "foundation.firewall-blocks"},
		Parts:       map[string][]string{"foundation.firewall-blocks": {"port-scan-ipv4", "port-scan-ipv6"}},
		Now:         time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Home: home, LaterOptions: map[string][]string{"container-platform": {"k3s"}}, LaterServices: true,
	}
}

// TestRemarks checks remarks: faults with which the lab can still be used. Each
// has its place, and the lab is read nevertheless.
func TestRemarks(t *testing.T) {
	home := t.TempDir()
	l, err := strict(home).Parse("lab.yaml", []byte(remarked))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`lab.yaml:5:12: there is no file "~/.ssh/lab"`,
		`lab.yaml:6:10: not in this version: Cairn does not set up "k3s" as container-platform yet, so this choice has no effect`,
		`lab.yaml:8:3: not in this version: the catalog has no such service, so "jelyfin" is ignored`,
		`lab.yaml:10:62: 2026-03-01 has passed`,
	}
	if len(l.Remarks) != len(want) {
		t.Errorf("%d remarks: %v", len(l.Remarks), l.Remarks)
	}
	for i, f := range l.Remarks {
		if i < len(want) && !strings.HasPrefix(f.Error(), want[i]) {
			t.Errorf("%s\nwant %s", f.Error(), want[i])
		}
	}
	if err := os.MkdirAll(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".ssh", "lab"), []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err = strict(home).Parse("lab.yaml", []byte(remarked)); err != nil || len(l.Remarks) != len(want)-1 {
		t.Errorf("with the key: %v, %v", l.Remarks, err)
	}
}

// TestWaivedParts checks that an unknown part of a checkpoint is a fault. It
// suggests what was probably meant.
func TestWaivedParts(t *testing.T) {
	for part, suggestion := range map[string]string{
		"foundation.firewall-blocks/ipv7":           "foundation.firewall-blocks/ipv4",
		"foundation.firewall-blocks/port-scan-ipv":  "foundation.firewall-blocks/port-scan-ipv4",
		"foundation.firewall-blocks/something-else": "",
		"foundation.ssh-access/ipv6":                "",
	} {
		text := strings.ReplaceAll(remarked, "foundation.firewall-blocks/ipv6", part)
		text = strings.ReplaceAll(text, "checkpoint: foundation.ssh-access,", "checkpoint: foundation.firewall-blocks,")
		_, err := strict("").Parse("lab.yaml", []byte(text))
		var faults document.Faults
		if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Code != problem.LabUnknown || faults[0].Line != 11 || faults[0].Column != 16 || faults[0].Suggestion != suggestion {
			t.Errorf("%s: %v", part, err)
		}
	}
}
