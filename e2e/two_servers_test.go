package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/internal/evidence"
	"cairn/internal/lab"
)

// TestTwoServers has services on two hosts. Each host has a reverse proxy, both get
// their certificates from the authority on the first one, and the port of the authority
// is open to nobody else.
func TestTwoServers(t *testing.T) {
	long(t)
	file := filepath.Join(t.TempDir(), "hello.yaml")
	if err := os.WriteFile(file, []byte(tenLines), 0o600); err != nil {
		t.Fatal(err)
	}
	b := serviceBedOn(t, []string{"server", "second", "visitor"}, lab.Service{Name: "whoami"}, lab.Service{Name: "hello", Compose: file, On: "second"})
	b.up()
	for _, milestone := range []string{"core.reverse-proxy-routing", "core.https-established"} {
		if !reached(b.engine().Status(), milestone) {
			t.Errorf("the milestone %s is not reached", milestone)
		}
	}
	if plan, err := b.engine().Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("a second up would change something: %+v, %v", plan, err)
	}
	const asks = "timeout 5 bash -c 'exec 3<>/dev/tcp/10.84.0.10/9000' 2>/dev/null && echo open || echo closed"
	for host, want := range map[string]string{"second": "open", "visitor": "closed"} {
		if got := strings.TrimSpace(b.run(host, asks)); got != want {
			t.Errorf("from %s the port of the authority is %s, want %s", host, got, want)
		}
	}
	if left := b.run("second", "docker ps --format '{{.Names}}' | grep step-ca || true"); left != "" {
		t.Errorf("the second host has an authority too: %s", left)
	}

	// A certificate that the second host lost comes again, over the network.
	b.run("second", "docker stop cairn-traefik-traefik-1 && rm -rf /var/lib/docker/volumes/cairn-traefik_certificates/_data/* && docker start cairn-traefik-traefik-1")
	b.up()
	assertOutcome(t, b.lookAt(t, append(certificateProbes, routeProbes...)...), evidence.Proven)

	// A reverse proxy that is gone takes only the services of its host with it.
	b.run("second", "docker stop --time 1 cairn-traefik-traefik-1")
	for _, r := range b.lookAt(t, "https-answers") {
		want := evidence.Refuted
		if strings.HasPrefix(r.Subject.Name, "whoami.") {
			want = evidence.Proven
		}
		if r.Outcome != want {
			t.Errorf("with the second host's reverse proxy stopped, %s is %s: %s", r.Subject.Name, r.Outcome, r.Reason)
		}
	}
	b.up()
	assertOutcome(t, b.lookAt(t, "https-answers"), evidence.Proven)
}
