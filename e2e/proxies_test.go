package e2e

import (
	"slices"
	"strings"
	"testing"

	"cairn/internal/engine"
	"cairn/internal/evidence"
)

// proxyProbes are all that show what a reverse proxy does.
var proxyProbes = slices.Concat(routeProbes, certificateProbes)

// ofProxy lists what a host has of a service: containers, networks, folders and what it
// remembers.
func ofProxy(b *bed, name string) string {
	return strings.Join(strings.Fields(b.run("server", `docker ps --all --format '{{.Names}} {{.Status}}' --filter label=io.cairn.service=`+name+`
		docker network ls --format '{{.Name}}' --filter label=io.cairn.service=`+name+`
		ls --directory /opt/cairn/`+name+` /etc/cairn/services/`+name+` 2>/dev/null || true`)), " ")
}

// choose changes the lab's reverse proxy.
func (b *bed) choose(proxy string) {
	b.t.Helper()
	b.lab.Choose["reverse-proxy"] = proxy
	b.wire()
}

// anotherProxy changes the lab from Traefik to Caddy and back. One that does not work
// leaves the one before it in its place.
func anotherProxy(t *testing.T, b *bed) {
	b.choose("caddy")
	// Its volume cannot be mounted.
	b.run("server", "docker volume create --opt type=none --opt o=bind --opt device=/no/such/folder cairn-caddy_certificates")
	_, err := b.engine().Up(t.Context(), engine.UpOptions{})
	if err == nil || !slices.ContainsFunc(b.seen(), func(e engine.Event) bool {
		return strings.Contains(e.Text, "the new release of caddy does not work; traefik runs again instead of it")
	}) {
		t.Errorf("a reverse proxy that does not start: %v", err)
	}
	assertOutcome(t, b.lookAt(t, proxyProbes...), evidence.Proven)
	if got := ofProxy(b, "caddy"); got != "" {
		t.Errorf("of the one that does not start there is %s", got)
	}

	b.run("server", "docker volume rm cairn-caddy_certificates")
	goes := false
	plan, err := b.engine().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range changesOf(plan) {
		goes = goes || strings.Contains(step, "traefik: container cairn-traefik-traefik-1")
	}
	if !goes {
		t.Errorf("the plan does not say that Traefik goes: %v", changesOf(plan))
	}
	b.up()
	b.prove(t)
	if plan, err := b.engine().Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("a second up would change something: %+v, %v", plan, err)
	}
	if got := ofProxy(b, "traefik"); got != "" {
		t.Errorf("of Traefik there is still %s", got)
	}
	if whole() { // what Caddy answers is held by the conformance suite of all proxies too
		t.Run("faults", func(t *testing.T) { caddyFaults(t, b) })
		t.Run("a new authority", func(t *testing.T) { newAuthority(t, b) })
	}

	b.choose("traefik")
	b.up()
	b.prove(t)
	if got := ofProxy(b, "caddy"); got != "" {
		t.Errorf("of Caddy there is still %s", got)
	}
}

// caddyFaults breaks what Caddy does, as [routeFaults] and [certificateFaults] do for
// Traefik.
func caddyFaults(t *testing.T, b *bed) {
	const (
		file   = "/opt/cairn/caddy/config/Caddyfile"
		again  = "; docker kill --signal SIGUSR1 cairn-caddy-caddy-1"
		anew   = "docker stop --time 1 cairn-caddy-caddy-1; rm -rf $(docker volume inspect --format '{{.Mountpoint}}' cairn-caddy_certificates)/*; docker start cairn-caddy-caddy-1"
		absent = "docker stop --time 1 cairn-caddy-caddy-1"
	)
	breakServices(t, b, routeProbes, []serviceFault{
		{"the route is gone", `sed -i 's,//\([a-z]*\).e2e,//other-\1.e2e,' ` + file + again, []evidence.Outcome{refuted, proven, refuted}, ""},
		{"the proxy is stopped", absent, []evidence.Outcome{refuted, refuted, refuted}, "nothing answers"},
		{"every name leads there", "sed -i 's,respond 404,redir https://whoami.e2e.home.arpa{uri},' " + file + again, []evidence.Outcome{proven, refuted, proven}, ""},
		{"another upstream", "sed -i s/cairn-.*-1:8080/mine:8080/ " + file + again, []evidence.Outcome{proven, proven, refuted}, "do not reach the container cairn-"},
	})
	breakServices(t, b, certificateProbes, []serviceFault{
		{"plain HTTP is served", "sed -i 's,redir https://.*,reverse_proxy cairn-whoami-whoami-1:8080,' " + file + again, []evidence.Outcome{refuted, proven, proven, proven}, "not led to HTTPS"},
		{"the authority is down and no certificate is there", "docker stop --time 1 cairn-step-ca-step-ca-1; " + anew, []evidence.Outcome{refuted, refuted, refuted, refuted}, ""},
		{"the proxy is stopped", absent, []evidence.Outcome{refuted, refuted, refuted, refuted}, ""},
		{"an authority of its own", `sed -i 's/issuer acme {/issuer internal {/; /trusted_roots\|disable_tlsalpn\|dir {args/d' ` + file + again, []evidence.Outcome{refuted, proven, refuted, refuted}, ""},
	})
}

// changesOf are the changes of a plan, as text.
func changesOf(plan *engine.Plan) (all []string) {
	for _, h := range plan.Hosts {
		for _, step := range h.Steps {
			for _, c := range step.Diff.Changes {
				all = append(all, step.ID+": "+c.Property+": "+c.From+" -> "+c.To)
			}
		}
	}
	return all
}
