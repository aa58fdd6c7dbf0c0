package resource

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cairn/internal/system"
)

// showing is a systemctl that shows given units. It writes down what it was asked.
type showing struct {
	units map[string]string
	asked []string
}

func (s *showing) Run(_ context.Context, c system.Command) (system.Output, error) {
	s.asked = append(s.asked, strings.Join(c.Argv, " "))
	var shown []string
	for _, name := range c.Argv[slices.Index(c.Argv, "--")+1:] {
		shown = append(shown, s.units[name])
	}
	return system.Output{Stdout: []byte(strings.Join(shown, "\n"))}, nil
}

// sshUnitsOn is a Debian host whose systemctl shows a socket and the servers.
func sshUnitsOn(t *testing.T, socket string) (*system.System, *showing) {
	root := t.TempDir()
	write := func(path, content string) {
		ok(t, os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755))
		ok(t, os.WriteFile(filepath.Join(root, path), []byte(content), 0o644))
	}
	write("/etc/os-release", "ID=debian\nVERSION_ID=13\n")
	write("/proc/42/cmdline", "sshd: /usr/sbin/sshd -D [listener]")
	units := &showing{units: map[string]string{
		"ssh.socket":        socket,
		"ssh.service":       "MainPID=42\nActiveState=active\nFragmentPath=/lib/systemd/system/ssh.service\nDropInPaths=/etc/systemd/system/ssh.service.d/a.conf\n",
		"ssh@cairn.service": "MainPID=0\nActiveState=inactive\nFragmentPath=/lib/systemd/system/ssh@.service\nDropInPaths=\n",
	}}
	return &system.System{Root: root, Runner: units}, units
}

// TestSSHServerIsAskedForOnce holds what a session that changes nothing costs a host.
func TestSSHServerIsAskedForOnce(t *testing.T) {
	sys, units := sshUnitsOn(t, "ActiveState=inactive\nAccept=no\nListen=[::]:22 (Stream)\n")
	look := sys.Remembering()
	server := SSHServer(t.Context(), look)
	if want := []string{"/lib/systemd/system/ssh.service", "/etc/systemd/system/ssh.service.d/a.conf"}; !slices.Equal(server.Unit, want) {
		t.Errorf("the server's unit is in %q", server.Unit)
	}
	if server.Process != "sshd: /usr/sbin/sshd -D [listener]" {
		t.Errorf("the server runs as %q", server.Process)
	}
	if _, listens := SSHSocketPorts(t.Context(), look); listens {
		t.Error("a socket that is not active listens")
	}
	SSHDOptions(t.Context(), look)
	if len(units.asked) != 1 {
		t.Errorf("systemctl ran %d times: %q", len(units.asked), units.asked)
	}
}

func TestSSHServerOfASocket(t *testing.T) {
	sys, _ := sshUnitsOn(t, "ActiveState=active\nAccept=no\nListen=0.0.0.0:2222 (Stream)\nListen=[::]:22 (Stream)\nListen=/run/s (FIFO)\n")
	if ports, listens := SSHSocketPorts(t.Context(), sys); !listens || !slices.Equal(ports, []uint16{22, 2222}) {
		t.Errorf("the socket listens: %v, on %v", listens, ports)
	}
	if server := SSHServer(t.Context(), sys); server.Process == "" {
		t.Error("one server for all connections has a process")
	}
	sys, _ = sshUnitsOn(t, "ActiveState=active\nAccept=yes\nListen=[::]:22 (Stream)\n")
	if server := SSHServer(t.Context(), sys); server.Process != "" || !slices.Equal(server.Unit, []string{"/lib/systemd/system/ssh@.service"}) {
		t.Errorf("with a server for each connection, the unit is in %q", server.Unit)
	}
	if ports, listens := SSHSocketPorts(t.Context(), sys); !listens || !slices.Equal(ports, []uint16{22}) {
		t.Errorf("the socket listens: %v, on %v", listens, ports)
	}
}
