package cli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/internal/problem"
	"cairn/internal/testkey"
)

// TestInterruptedSaysSo interrupts a plan while it waits for a host that accepts
// the connection and then says nothing.
func TestInterruptedSaysSo(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("SSH_AUTH_SOCK", "")
	testkey.Write(t, filepath.Join(dir, ".ssh", "id_ed25519"), "")
	file := filepath.Join(dir, "lab.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, loopbackLab, silent.Addr().(*net.TCPAddr).Port), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		if c, err := silent.Accept(); err == nil {
			defer func() { _ = c.Close() }()
		}
		interrupt()
	}()
	var out, talk bytes.Buffer
	code := Run(ctx, []string{"plan", "--lab", file}, Streams{In: strings.NewReader(""), Out: &out, Err: &talk})
	if code != problem.ExitCancelled || !strings.Contains(talk.String(), "code:  run.cancelled") {
		t.Errorf("exit code %d, %q", code, talk.String())
	}
	if out.Len() > 0 {
		t.Errorf("an incomplete plan is shown: %q", out.String())
	}
}

// loopbackLab is a lab of one host at a port of this machine.
const loopbackLab = `lab: home
network: {cidr: 127.0.0.0/8, gateway: 127.0.0.254, admin: [127.0.0.0/8]}
hosts:
  atlas: {address: 127.0.0.1, port: %d, user: anna, roles: [server]}
`
