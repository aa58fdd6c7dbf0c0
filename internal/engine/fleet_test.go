package engine

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/testkey"
)

// silentLab is an engine for that many hosts, which dial reaches.
func silentLab(t *testing.T, hosts int, dial host.DialFunc, limits host.Limits) *Engine {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "id_ed25519")
	testkey.Write(t, key, "")
	l := &lab.Lab{Name: "many", Dir: dir, SSH: lab.SSH{Key: key}}
	for i := range hosts {
		l.Hosts = append(l.Hosts, lab.Host{
			Name: fmt.Sprintf("h%d", i), Address: netip.AddrFrom4([4]byte{10, 0, byte(i / 250), byte(i%250 + 1)}), Port: 22, User: "ops", Roles: []lab.Role{lab.Server},
		})
	}
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		t.Fatal(err)
	}
	c, err := host.New(host.Options{Lab: l, Dir: StateDirOf(l), Now: time.Now, Dial: dial, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(t.Context(), Options{Lab: l, Roadmap: r, Connector: c, Now: time.Now, LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// TestManySilentHostsTakeOneTimeOut plans for 200 hosts that do not answer, and
// for 200 that accept the connection and say nothing.
func TestManySilentHostsTakeOneTimeOut(t *testing.T) {
	const hosts, limit = 200, 2 * time.Second
	for name, c := range map[string]struct {
		dial host.DialFunc
		code problem.Code
	}{
		"no answer": {func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, problem.HostUnreachable},
		"no word": {func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				b := make([]byte, 1024)
				for {
					if _, err := theirs.Read(b); err != nil {
						return
					}
				}
			}()
			return ours, nil
		}, problem.HostTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			e := silentLab(t, hosts, c.dial, host.Limits{Dial: limit, Login: limit})
			started := time.Now()
			plan, err := e.Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(started); took > 3*limit {
				t.Errorf("it took %s, the time-out is %s", took, limit)
			}
			for _, h := range plan.Hosts {
				if code := problem.CodeOf(h.err); code != c.code {
					t.Fatalf("%s: %v, want %s", h.Host, h.err, c.code)
				}
			}
		})
	}
}
