package resource

import (
	"strings"
	"testing"

	"cairn/internal/distro"
	"cairn/internal/sshdconf"
)

// TestPortsInFiles checks that ports which the owner's files already set stay. An
// unwanted port becomes a comment, and sshd listens on nothing else. What only the
// owner can change is named.
func TestPortsInFiles(t *testing.T) {
	const include = "Include /etc/ssh/sshd_config.d/*.conf\n"
	for name, c := range map[string]struct {
		main, other string
		ports       []uint16
		own         string // Port statements of the drop-in
		refusal     string
	}{
		"nothing is said":             {include, "", []uint16{22}, "", ""},
		"another one":                 {include, "", []uint16{2222}, "2222", ""},
		"both":                        {include, "", []uint16{22, 2222}, "22 2222", ""},
		"one that is there already":   {include + "port=2222\n", "", []uint16{2222}, "", ""},
		"one beside it":               {include + "Port 2222\n", "", []uint16{22, 2222}, "22", ""},
		"one that is to go":           {include + "UsePAM yes\n Port 22 # theirs\n", "", []uint16{2222}, "2222", ""},
		"one in a drop-in to go":      {include, "Port 2222\nPort 2200\n", []uint16{22}, "", ""},
		"an address without a port":   {include + "ListenAddress 127.0.0.1\n", "", []uint16{2222}, "2222", ""},
		"an address with another":     {include + "ListenAddress 127.0.0.1:2200\n", "", []uint16{2222}, "", "/etc/ssh/sshd_config:2 says listenaddress 127.0.0.1:2200"},
		"an address with the new one": {include + "ListenAddress [::1]:2222\n", "", []uint16{2222}, "2222", ""},
	} {
		t.Run(name, func(t *testing.T) {
			sys, _ := sshdTree(t, c.main, map[string]string{dropinDir + "60-theirs.conf": c.other})
			s := SSHDropin{Name: "00-own.conf", Options: []SSHOption{{"MaxAuthTries", "3"}}, Ports: c.ports}
			with, plan, err := s.withPorts(t.Context(), sys)
			if c.refusal != "" {
				mustFail(t, err, c.refusal)
				return
			}
			ok(t, err)
			var own []string
			for _, o := range with.Options {
				if o.Keyword == "Port" {
					own = append(own, o.Value)
				}
			}
			if got := strings.Join(own, " "); got != c.own {
				t.Errorf("the drop-in says Port %q, not %q", got, c.own)
			}
			instead := map[string][]byte{s.path(): with.file().Content.inline}
			for file, content := range plan.foreign {
				instead[file] = content
			}
			settings, err := sshdFiles(sys, instead).Read(sshdConfig)
			ok(t, err)
			if got := (SSHDropin{Ports: sshdconf.Ports(settings)}).portWords(); got != s.portWords() {
				t.Errorf("sshd would listen on %s, not on %s", got, s.portWords())
			}
		})
	}
}

// optionsFile has the options of the server's command line.
var optionsFile = distro.Of("", "").SSH.CommandLine

// TestPortOnTheCommandLine has a port that no file can change.
func TestPortOnTheCommandLine(t *testing.T) {
	sys, _ := sshdTree(t, "Include /etc/ssh/sshd_config.d/*.conf\n", map[string]string{optionsFile: "SSHD_OPTS=-p2200\n"})
	_, _, err := (SSHDropin{Name: "00-own.conf", Ports: []uint16{2222}}).withPorts(t.Context(), sys)
	mustFail(t, err, optionsFile+":1 says port 2200")
}

// TestSocketListensElsewhere checks that a socket keeps its addresses.
func TestSocketListensElsewhere(t *testing.T) {
	u := socketUnit{listens: true, streams: []string{"[::]:22", "10.0.0.5:22", "/run/ssh.sock"}}
	got := u.dropin(distro.Of("", "").SSH, []uint16{22, 2222}).Content.Text()
	const want = "# Managed by Cairn.\n[Socket]\nListenStream=\nListenStream=22\nListenStream=2222\nListenStream=10.0.0.5:22\nListenStream=10.0.0.5:2222\nListenStream=/run/ssh.sock\n"
	if got != want {
		t.Errorf("%s", got)
	}
}

// TestBothPortsStandThere checks that a keyword which the drop-in has twice is
// compared with all its values.
func TestBothPortsStandThere(t *testing.T) {
	both := SSHDropin{Name: "00-own.conf", Options: []SSHOption{{"Port", "22"}, {"Port", "2222"}, {"MaxAuthTries", "3"}}}
	one := SSHDropin{Name: "00-own.conf", Options: []SSHOption{{"Port", "2222"}, {"MaxAuthTries", "3"}}}
	if d := compare(both.options(both.file().Content.Text(), true)...); !d.Empty() {
		t.Errorf("the ports that stand there would change: %+v", d.Changes)
	}
	if d := compare(one.options(both.file().Content.Text(), true)...); len(d.Changes) != 1 || d.Changes[0].From != "22 and 2222" || d.Changes[0].To != "2222" {
		t.Errorf("%+v", d.Changes)
	}
}
