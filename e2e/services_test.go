package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	builtin "cairn/catalog"
	"cairn/internal/adoption"
	"cairn/internal/catalog"
	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/standin"
	"cairn/internal/wiring"
)

// serviceBed has a server with the services, a reverse proxy by default, and a
// registry from which the server has their images.
func serviceBed(t *testing.T, services ...lab.Service) *bed {
	t.Helper()
	l := labOf([]string{"server", "visitor"})
	l.Choose = map[string]string{"container-platform": "docker", "reverse-proxy": "traefik"}
	l.Hosts[0].Roles = []lab.Role{lab.Server}
	b := newBedOf(t, l)
	b.lab.Services = services
	b.wire()
	registry, err := b.rehearsal.StartRegistry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cache, err := standin.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range []string{"docker.io/traefik/whoami:v1.11.0", "docker.io/library/traefik:v3.7.15"} {
		recipe, known := standin.Find(image)
		if !known {
			t.Fatalf("there is no recipe for %s", image)
		}
		made, err := standin.Make(t.Context(), cache, recipe, runtime.GOARCH, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := standin.Fill(t.Context(), registry, made); err != nil {
			t.Fatal(err)
		}
	}
	b.lab.Images.Mirror = registry
	return b
}

// wire derives what follows from the lab's services.
func (b *bed) wire() {
	b.t.Helper()
	c, err := catalog.Open(catalog.Source{Dir: "catalog", Files: builtin.Files})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, declared := range b.lab.Services {
		if declared.Compose == "" {
			continue
		}
		p, err := adoption.Of(declared.Compose, adoption.Options{Name: declared.Name, NoSecrets: true})
		if err != nil {
			b.t.Fatal(err, errors.Unwrap(err))
		}
		service, err := p.Catalog()
		c = c.With(declared.Name, service, err)
	}
	if b.services, err = wiring.Of(b.lab, c); err != nil {
		b.t.Fatal(err)
	}
}

var routeProbes = []string{"route-answers", "route-unknown", "route-reaches"}

// TestServices deploys a service behind a reverse proxy on a bare host, and breaks
// what each look is about. The next up repairs it. In the end the service goes, and
// what is the owner's stays.
func TestServices(t *testing.T) {
	b := serviceBed(t, lab.Service{Name: "whoami"})
	b.up()
	e := b.engine()
	if !reached(e.Status(), "core.reverse-proxy-routing") {
		t.Fatal("the milestone is not reached")
	}
	if plan, err := e.Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("a second up would change something: %+v, %v", plan, err)
	}
	b.run("server", `docker run --detach --name mine --volume mine:/data --network cairn-whoami docker.io/traefik/whoami:v1.11.0 --port=8080 >/dev/null`)
	const ownLook = "docker inspect --format '{{.Id}} {{.State.StartedAt}}' mine; docker volume ls --quiet --filter name=mine"
	owners := b.run("server", ownLook)
	t.Run("faults", func(t *testing.T) { routeFaults(t, b) })
	t.Run("own", func(t *testing.T) { ownComposeFile(t, b) })
	t.Run("removal", func(t *testing.T) { serviceGoes(t, b) })
	if now := b.run("server", ownLook); now != owners {
		t.Errorf("the owner's container is %s instead of %s", now, owners)
	}
}

// routeFaults breaks one thing at a time. Each is noticed, and repaired by up.
func routeFaults(t *testing.T, b *bed) {
	const refuted, unproven, proven = evidence.Refuted, evidence.Unproven, evidence.Proven
	const routes = "/opt/cairn/traefik/config/routes/routes.yaml"
	for _, c := range []struct {
		name, do string
		want     []evidence.Outcome // of routeProbes
		reason   string
	}{
		{"the upstream is stopped", "docker stop --time 1 cairn-whoami-whoami-1", []evidence.Outcome{refuted, proven, unproven}, ""},
		{"the upstream is gone", "docker rm --force cairn-whoami-whoami-1", []evidence.Outcome{refuted, proven, unproven}, ""},
		{"another upstream", "sed -i s/cairn-whoami-whoami-1:/mine:/ " + routes + "", []evidence.Outcome{proven, proven, refuted}, "do not reach the container cairn-whoami-whoami-1"},
		{"every name leads there", "sed -i 's/rule: Host(.*/rule: PathPrefix(`\\/`)/' " + routes + "", []evidence.Outcome{proven, refuted, proven}, "is answered with 200 OK"},
		{"the route is gone", "printf 'http: {}\\n' >" + routes + "", []evidence.Outcome{refuted, proven, refuted}, ""},
		{"the proxy is stopped", "docker stop --time 1 cairn-traefik-traefik-1", []evidence.Outcome{refuted, refuted, refuted}, "nothing answers"},
		{"the proxy is off the service's network", "docker network disconnect cairn-whoami cairn-traefik-traefik-1", []evidence.Outcome{refuted, proven, refuted}, ""},
	} {
		b.run("server", c.do+" >/dev/null")
		eventually(t, 30*time.Second, c.name+" is noticed", func() bool {
			// Traefik takes its time to read changed routes.
			return !slices.ContainsFunc(b.lookAt(t, routeProbes...), func(r evidence.Record) bool {
				wrong := r.Outcome != c.want[slices.Index(routeProbes, r.Probe)] || r.Outcome == refuted && !strings.Contains(r.Reason, c.reason)
				if wrong {
					t.Logf("%s: %s from %s is %s: %q", c.name, r.Probe, r.Vantage, r.Outcome, r.Reason)
				}
				return wrong
			})
		})
		b.up()
		assertOutcome(t, b.lookAt(t, routeProbes...), proven)
	}
}

// kept is a file in the volume of that service.
const kept = "/var/lib/docker/volumes/cairn-hello_data/_data/kept"

// tenLines is a Compose file as somebody writes it first, with a dollar sign.
const tenLines = `services:
  hello:
    image: traefik/whoami:v1.11.0
    command: ["--port=8080"]
    environment: {PRICE: 5$$}
    ports:
      - "8080:8080"
    volumes:
      - data:/data
volumes: {data: {}}
`

// ownComposeFile adds a service from a Compose file of ten lines. It gets a route, its
// port stays closed, and [serviceGoes] looks if its volume outlives it.
func ownComposeFile(t *testing.T, b *bed) {
	file := filepath.Join(t.TempDir(), "hello.yaml")
	if err := os.WriteFile(file, []byte(tenLines), 0o600); err != nil {
		t.Fatal(err)
	}
	b.lab.Services = append(slices.Clone(b.lab.Services), lab.Service{Name: "hello", Compose: file})
	b.wire()
	b.up()
	assertOutcome(t, b.lookAt(t, routeProbes...), evidence.Proven)
	if plan, err := b.engine().Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("a second up would change something: %+v, %v", plan, err)
	}
	got := b.run("server", "echo mine >"+kept+"; ss -Hltn 'sport = 8080'; docker inspect --format '{{.Config.Env}}{{.HostConfig.Privileged}}' cairn-hello-hello-1")
	if !strings.Contains(got, "PRICE=5$") || strings.Contains(got, "$$") || strings.Contains(got, "8080") {
		t.Errorf("on the host:\n%s", got)
	}
}

// serviceGoes takes the service out of the lab file. Nothing of Cairn's is left of it
// and of the reverse proxy, but volumes.
func serviceGoes(t *testing.T, b *bed) {
	b.lab.Services = nil
	b.wire()
	b.up()
	const left = "docker ps --all --filter label=io.cairn.service --format '{{.Names}}'; ls /opt/cairn /etc/cairn/services 2>/dev/null || true"
	if got := b.run("server", left); strings.Contains(got, "whoami") || strings.Contains(got, "traefik") || strings.Contains(got, "hello") {
		t.Errorf("these are left:\n%s", got)
	}
	if got := b.run("server", "cat "+kept); strings.TrimSpace(got) != "mine" {
		t.Errorf("in the volume is %q", got)
	}
}
