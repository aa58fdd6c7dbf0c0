package engine

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/resource"
	"cairn/internal/sshdconf"
	"cairn/internal/wire"
)

// sshNoted returns a host with such files, before the policy is put in place.
func sshNoted(t *testing.T, content string, forwarding lab.Forwarding) noteInput {
	t.Helper()
	settings, err := sshdconf.Files{Instead: map[string][]byte{sshdconf.Main: []byte(content)}}.Read(sshdconf.Main)
	if err != nil {
		t.Fatal(err)
	}
	return noteInput{
		lab:  &lab.Lab{Network: lab.Network{Admin: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}},
		host: lab.Host{Name: "atlas", User: "ops", Port: 22, Forwarding: forwarding},
		facts: wire.Facts{OS: wire.OS{ID: "debian", Version: "13"}, SSH: wire.SSH{
			Port: 22, Ports: sshdconf.Ports(settings), Settings: settings, Forwarding: sshdconf.First(settings, "allowtcpforwarding", "yes"),
		}},
		steps: []StepPlan{{ID: "sshd-dropin 00-cairn.conf", Diff: resource.Diff{Changes: []resource.Change{{Property: "MaxAuthTries"}}}}},
	}
}

// TestSSHNotes checks that the plan names, with file and line, what an owner has
// set up and will lose. It also names what stays in the way.
func TestSSHNotes(t *testing.T) {
	for content, want := range map[string]string{
		"AllowTcpForwarding no\n":                                             "",
		"AllowTcpForwarding no\nTrustedUserCAKeys /etc/ssh/ca.pub\n":          "no-longer-gets-in: certificates of the authority in /etc/ssh/ca.pub will no longer open the host (/etc/ssh/sshd_config:2)",
		"AllowTcpForwarding no\nAuthorizedKeysCommand /bin/keys %u\n":         "no-longer-gets-in: keys that /bin/keys %u names",
		"AllowTcpForwarding no\nAuthorizedKeysFile /etc/keys/%u\n":            "no-longer-gets-in: of the key files /etc/keys/%u only",
		"AllowTcpForwarding no\nHostbasedAuthentication yes\n":                "no-longer-gets-in: logins that another machine vouches for",
		"AllowTcpForwarding no\nMatch User git\nPasswordAuthentication yes\n": "conflict: /etc/ssh/sshd_config:3: passwordauthentication yes, under Match User git: it lets passwords in",
		"AllowTcpForwarding no\nAllowUsers alice bob\n":                       "conflict: /etc/ssh/sshd_config:2: AllowUsers alice bob does not let ops in",
		"AllowTcpForwarding no\nAllowUsers alice\nAllowUsers o*@10.0.0.0/8\n": "",
		"AllowTcpForwarding no\nDenyUsers o?s\n":                              "conflict: /etc/ssh/sshd_config:2: DenyUsers o?s keeps ops out",
		"Port 22\n":                                                           "stops-working: TCP forwarding over SSH stops working",
		"AllowTcpForwarding local\n":                                          "stops-working: TCP forwarding over SSH stops working",
	} {
		got := texts(sshNoted(t, content, lab.ForwardNone).sshNotes())
		if want == "" && got != "" || want != "" && (!strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1) {
			t.Errorf("%q:\n%s\nwant %s", content, got, want)
		}
	}
	for forwarding, want := range map[lab.Forwarding]string{lab.ForwardLocal: "stops-working: TCP forwarding from this host to a client", lab.ForwardAll: ""} {
		if got := texts(sshNoted(t, "UsePAM yes\n", forwarding).sshNotes()); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %s", forwarding, got)
		}
	}
}

// TestSSHNotesEndWithTheChange checks that what is closed already is not news.
func TestSSHNotesEndWithTheChange(t *testing.T) {
	n := sshNoted(t, "TrustedUserCAKeys /etc/ssh/ca.pub\n", lab.ForwardNone)
	n.steps = nil
	if got := texts(n.sshNotes()); got != "" {
		t.Error(got)
	}
}

// sshNotes are the notes about the SSH server's configuration.
func (n noteInput) sshNotes() []Note {
	return slices.Concat(n.sshDoors(), n.sshWaysClosed(), n.sshListsOwner(), n.sshForwarding())
}

func texts(notes []Note) string {
	var b strings.Builder
	for _, n := range notes {
		b.WriteString(string(n.Kind) + ": " + n.Text + "\n")
	}
	return b.String()
}
