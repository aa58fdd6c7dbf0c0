package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	builtin "cairn/catalog"
	"cairn/internal/adoption"
	"cairn/internal/authority"
	"cairn/internal/catalog"
	"cairn/internal/evidence"
	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/names"
	"cairn/internal/resource"
	"cairn/internal/standin"
	"cairn/internal/vault"
	"cairn/internal/wiring"
)

// serviceBed has a server with the services, a reverse proxy by default, and a
// registry from which the server has their images.
func serviceBed(t *testing.T, services ...lab.Service) *bed {
	t.Helper()
	return serviceBedOn(t, []string{"server", "visitor"}, services...)
}

// serviceBedOn is [serviceBed] with the hosts of these names, all of them servers but
// those that are only looked from.
func serviceBedOn(t *testing.T, names []string, services ...lab.Service) *bed {
	t.Helper()
	l := labOf(names)
	l.Choose = map[string]string{"container-platform": "docker", "reverse-proxy": "traefik", "tls": "internal-ca", "names": lab.Dnsmasq}
	for i, h := range l.Hosts {
		if !h.OnlyVantage() {
			l.Hosts[i].Roles = []lab.Role{lab.Server}
		}
	}
	b := newBedOf(t, l)
	b.lab.Services = services
	b.wire()
	registry, err := b.rehearsal.StartRegistry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.lab.Images.Mirror = registry
	for _, image := range []string{"docker.io/traefik/whoami:v1.11.0", "docker.io/library/traefik:v3.7.15", "docker.io/library/caddy:2.11.7-alpine", "docker.io/smallstep/step-ca:0.30.2"} {
		recipe, known := standin.Find(image)
		if !known {
			t.Fatalf("there is no recipe for %s", image)
		}
		b.serve(recipe)
	}
	return b
}

// serve puts an image into the bed's registry.
func (b *bed) serve(recipe standin.Recipe) {
	b.t.Helper()
	cache, err := standin.CacheDir()
	if err != nil {
		b.t.Fatal(err)
	}
	made, err := standin.Make(b.t.Context(), cache, recipe, runtime.GOARCH, func(string) {})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := standin.Fill(b.t.Context(), b.lab.Images.Mirror, made); err != nil {
		b.t.Fatal(err)
	}
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
	if b.images == nil {
		b.images = map[string]string{}
	}
	b.services.Pin(b.images)
}

var (
	routeProbes       = []string{"route-answers", "route-unknown", "route-reaches"}
	nameProbes        = []string{"name-resolves", "name-unknown-refused"}
	certificateProbes = []string{"https-answers", "tls-old-refused", "certificate-valid", "certificate-renews"}
)

// TestServices deploys a service behind a reverse proxy on a bare host, and breaks
// what each look is about. The next up repairs it. In the end the service goes, and
// what is the owner's stays.
func TestServices(t *testing.T) {
	b := serviceBed(t, lab.Service{Name: "whoami"})
	b.up()
	e := b.engine()
	for _, milestone := range []string{"core.reverse-proxy-routing", "core.https-established"} {
		if !reached(e.Status(), milestone) {
			t.Fatalf("the milestone %s is not reached", milestone)
		}
	}
	if plan, err := e.Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("a second up would change something: %+v, %v", plan, err)
	}
	b.run("server", `docker run --detach --name mine --volume mine:/data --network cairn-whoami docker.io/traefik/whoami:v1.11.0 --port=8080 >/dev/null`)
	const ownLook = "docker inspect --format '{{.Id}} {{.State.StartedAt}}' mine; docker volume ls --quiet --filter name=mine"
	owners := b.run("server", ownLook)
	t.Run("the root key is on no host", func(t *testing.T) { rootKeyIsAway(t, b) })
	t.Run("images are held", func(t *testing.T) { imagesAreHeld(t, b) })
	t.Run("images are upgraded", func(t *testing.T) { imagesAreUpgraded(t, b) })
	t.Run("looked after", func(t *testing.T) { serviceIsLookedAfter(t, b) })
	t.Run("faults", func(t *testing.T) { routeFaults(t, b) })
	t.Run("faults of names", func(t *testing.T) { nameFaults(t, b) })
	t.Run("the owner's resolver", func(t *testing.T) { ownResolver(t, b) })
	t.Run("own", func(t *testing.T) { ownComposeFile(t, b) })
	t.Run("faults of certificates", func(t *testing.T) { certificateFaults(t, b) })
	t.Run("a new authority", func(t *testing.T) { newAuthority(t, b) })
	t.Run("another reverse proxy", func(t *testing.T) { anotherProxy(t, b) })
	t.Run("proof", func(t *testing.T) { provedAll(t, b) })
	t.Run("removal", func(t *testing.T) { serviceGoes(t, b) })
	if now := b.run("server", ownLook); now != owners {
		t.Errorf("the owner's container is %s instead of %s", now, owners)
	}
}

// imagesAreHeld compares the digests that up kept with those that Docker knows. Then
// another image has the name of one, which the next up notices.
func imagesAreHeld(t *testing.T, b *bed) {
	const image = "docker.io/traefik/whoami:v1.11.0"
	if len(b.images) != len(b.services.Releases) {
		t.Errorf("up kept %v", b.images)
	}
	for name, digest := range b.images {
		if known := b.run("server", "docker image inspect --format '{{.RepoDigests}}' "+name); !strings.Contains(known, "@"+digest+"]") {
			t.Errorf("up kept %s for %s, and Docker knows %s", digest, name, known)
		}
	}
	b.run("server", `echo FROM `+image+` | docker build --quiet --label other=yes --tag `+image+` - && cd /opt/cairn/whoami && docker compose up --detach --force-recreate 2>&1`)
	if plan, err := b.engine().Plan(t.Context()); err != nil || plan.Changes() != 1 {
		t.Errorf("another image of that name is seen as %d changes, %v", plan.Changes(), err)
	}
	b.up()
	if label := b.run("server", `docker inspect --format '{{index .Config.Labels "other"}}' cairn-whoami-whoami-1`); label != "\n" {
		t.Errorf("the other image still runs: %q", label)
	}
}

// imagesAreUpgraded gives the image's name to another one at the registry. Nothing
// changes by itself; an upgrade takes the new one, and a rollback the old one.
func imagesAreUpgraded(t *testing.T, b *bed) {
	const image = "docker.io/traefik/whoami:v1.11.0"
	whoami := []wiring.Release{*b.services.Release("whoami")}
	meaning := func() string {
		found, err := b.engine().RegistryImages(t.Context(), whoami)
		if err != nil || len(found) != 1 || found[0].Failure != nil || found[0].Image != image {
			t.Fatalf("the registry says %+v, %v", found, err)
		}
		return found[0].Digest
	}
	if now := meaning(); now != b.images[image] {
		t.Errorf("the registry has %s, and up kept %s", now, b.images[image])
	}
	recipe, _ := standin.Find(image)
	recipe.From = "another build of the same"
	b.serve(recipe)
	held, now := b.images[image], meaning()
	if held == now {
		t.Fatal("the name still means the same image")
	}
	if plan, err := b.engine().Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("another image at the registry is seen as %d changes, %v", plan.Changes(), err)
	}
	lock := lab.ImageLock{Images: b.images, Before: map[string]string{}}
	for _, want := range []string{now, held} {
		lock.Replace(image, want)
		b.up()
		if runs := b.run("server", "docker image inspect --format '{{.RepoDigests}}' $(docker inspect --format '{{.Image}}' cairn-whoami-whoami-1)"); !strings.Contains(runs, want) {
			t.Errorf("%s runs, want %s", runs, want)
		}
		assertOutcome(t, b.lookAt(t, routeProbes...), evidence.Proven)
	}
}

// serviceIsLookedAfter restarts the service, and reads in its log that it started twice.
func serviceIsLookedAfter(t *testing.T, b *bed) {
	const since = "docker inspect --format '{{.State.StartedAt}}' cairn-whoami-whoami-1"
	before, e, begun := b.run("server", since), b.engine(), time.Now()
	report, err := e.Restart(t.Context(), b.host("server"), *b.services.Release("whoami"))
	if err != nil || report.Took <= 0 || report.Took > time.Minute {
		t.Fatalf("%+v, %v", report, err)
	}
	session, err := b.connector().Connect(t.Context(), b.host("server"), host.Login{OwnerOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	log, err := session.ServiceLog(t.Context(), resource.LogRequest{Service: "whoami", Lines: 20})
	if n := len(log.Lines); err != nil || n < 2 || log.Lines[0].Container != "whoami" || log.Lines[0].At.After(begun) || log.Lines[n-1].At.Before(begun) {
		t.Errorf("its log is %+v, %v", log, err)
	}
	if now := b.run("server", since); now == before {
		t.Errorf("it runs since %s, as before", now)
	}
	if plan, err := e.Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("after a restart, an up would change something: %+v, %v", plan, err)
	}
	assertOutcome(t, b.lookAt(t, routeProbes...), evidence.Proven)
}

// serviceFault is something that breaks, and what each of some probes says of it.
type serviceFault struct {
	name, do string
	want     []evidence.Outcome
	reason   string
}

const (
	refuted, unproven, proven = evidence.Refuted, evidence.Unproven, evidence.Proven
	routesFile                = "/opt/cairn/traefik/config/routes/routes.yaml"
)

// breakServices breaks one thing at a time: all of the faults, or every other one. Each
// is noticed, and repaired by up.
func breakServices(t *testing.T, b *bed, probes []string, faults []serviceFault) {
	for i, c := range faults {
		if !whole() && i%2 == 0 {
			continue
		}
		breakService(t, b, probes, c)
	}
}

// breakService breaks one thing. It is noticed, and repaired by up.
func breakService(t *testing.T, b *bed, probes []string, c serviceFault) {
	b.run("server", c.do+" >/dev/null")
	eventually(t, 30*time.Second, c.name+" is noticed", func() bool {
		// Traefik takes its time to read changed routes.
		return !slices.ContainsFunc(b.lookAt(t, probes...), func(r evidence.Record) bool {
			wrong := r.Outcome != c.want[slices.Index(probes, r.Probe)] || r.Outcome == refuted && !strings.Contains(r.Reason, c.reason)
			if wrong {
				t.Logf("%s: %s from %s is %s: %q", c.name, r.Probe, r.Vantage, r.Outcome, r.Reason)
			}
			return wrong
		})
	})
	b.up()
	assertOutcome(t, b.lookAt(t, probes...), proven)
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
	file := filepath.Join(b.t.TempDir(), "hello.yaml") // for as long as the lab names it
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

func routeFaults(t *testing.T, b *bed) {
	breakServices(t, b, routeProbes, []serviceFault{
		{"the upstream is stopped", "docker stop --time 1 cairn-whoami-whoami-1", []evidence.Outcome{refuted, proven, unproven}, ""},
		{"the upstream is gone", "docker rm --force cairn-whoami-whoami-1", []evidence.Outcome{refuted, proven, unproven}, ""},
		{"another upstream", "sed -i s/cairn-whoami-whoami-1:/mine:/ " + routesFile, []evidence.Outcome{proven, proven, refuted}, "do not reach the container cairn-whoami-whoami-1"},
		{"every name leads there", "sed -i 's/rule: Host(.whoami.*/rule: PathPrefix(`\\/`)/; s/sniStrict: true/sniStrict: false/' " + routesFile, []evidence.Outcome{proven, refuted, proven}, "is answered with 200 OK"},
		{"the route is gone", "printf 'http: {}\\n' >" + routesFile, []evidence.Outcome{refuted, proven, refuted}, ""},
		{"the proxy is stopped", "docker stop --time 1 cairn-traefik-traefik-1", []evidence.Outcome{refuted, refuted, refuted}, "nothing answers"},
		{"the proxy is off the service's network", "docker network disconnect cairn-whoami cairn-traefik-traefik-1", []evidence.Outcome{refuted, proven, refuted}, ""},
	})
}

// nameFaults breaks the lab's resolver. All of them are tried, since each takes seconds.
func nameFaults(t *testing.T, b *bed) {
	const (
		unit  = "/etc/systemd/system/cairn-names.service"
		again = " " + unit + "; systemctl daemon-reload; systemctl restart cairn-names"
	)
	assertOutcome(t, b.lookAt(t, nameProbes...), proven)
	for _, r := range b.services.Names(b.lab) {
		for _, a := range r.Addresses {
			if strings.HasPrefix(r.Name, "whoami.") { // every address that it leads to takes connections
				b.run("visitor", fmt.Sprintf("timeout 10 bash -c 'exec 3<>/dev/tcp/%s/443'", a))
			}
		}
	}
	for _, c := range []serviceFault{
		{"the resolver is stopped", "systemctl stop cairn-names", []evidence.Outcome{refuted, refuted}, "no resolver answers at"},
		{"a wrong record", "sed -i 's/record=whoami.e2e.home.arpa,[0-9.]*/record=whoami.e2e.home.arpa,192.0.2.1/'" + again, []evidence.Outcome{refuted, proven}, "192.0.2.1"},
		{"every name leads there", "sed -i 's,^Restart=,StandardInputText=address=/e2e.home.arpa/192.0.2.1\\n&,'" + again, []evidence.Outcome{proven, refuted}, "a name that nobody has"},
	} {
		breakService(t, b, nameProbes, c)
	}
	if plan, err := b.engine().Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("an up after that would change something: %+v, %v", plan, err)
	}
}

// ownResolver leaves names to a resolver of the owner's, on another machine. Cairn's own
// goes, and comes back when the owner wants it.
func ownResolver(t *testing.T, b *bed) {
	before := *b.lab
	b.lab.Choose = maps.Clone(b.lab.Choose)
	b.lab.Choose["names"], b.lab.Network.DNS = lab.OwnResolver, []netip.Addr{b.host("visitor").Address}
	b.wire()
	const config = "/etc/mine.conf"
	text := "no-resolv\nno-hosts\nlocal=/" + b.lab.Domain + "/\n" + names.Dnsmasq.Text(b.services.Names(b.lab))
	b.run("visitor", "apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y dnsmasq-base; printf '"+strings.ReplaceAll(text, "\n", "\\n")+"' >"+config)
	const start = "dnsmasq --conf-file=" + config + " --pid-file=/run/mine.pid --bind-dynamic --except-interface=lo"
	const stop = "kill $(cat /run/mine.pid); sleep 0.5; "
	b.run("visitor", start)
	b.up()
	assertOutcome(t, b.lookAt(t, nameProbes...), proven)
	if got := b.run("server", "ss -Hlun 'sport = 53'; ls /etc/systemd/system"); strings.Contains(got, ":53") || strings.Contains(got, "cairn-names") {
		t.Errorf("Cairn's resolver is still there:\n%s", got)
	}
	b.run("visitor", stop+"sed -i /whoami/d "+config+"; "+start)
	for _, r := range b.lookAt(t, "name-resolves") {
		if r.Outcome != refuted || !strings.Contains(r.Reason, "whoami.e2e.home.arpa") || !strings.Contains(r.Remedy, "cairn names --for") {
			t.Errorf("without the name it is %s: %s; %s", r.Outcome, r.Reason, r.Remedy)
		}
	}
	b.run("visitor", stop)
	*b.lab = before
	b.wire()
	b.up()
	assertOutcome(t, b.lookAt(t, nameProbes...), proven)
}

func certificateFaults(t *testing.T, b *bed) {
	// What Traefik has of certificates is gone, and it starts anew.
	const anew = "docker stop --time 1 cairn-traefik-traefik-1; rm -f $(docker volume inspect --format '{{.Mountpoint}}' cairn-traefik_certificates)/*; docker start cairn-traefik-traefik-1"
	breakServices(t, b, certificateProbes, []serviceFault{
		{"the authority is down", "docker stop --time 1 cairn-step-ca-step-ca-1", []evidence.Outcome{proven, proven, proven, proven}, ""},
		{"the authority is down and no certificate is there", "docker stop --time 1 cairn-step-ca-step-ca-1; " + anew, []evidence.Outcome{refuted, refuted, refuted, refuted}, ""},
		{"old TLS is offered", "sed -i 's/minVersion: VersionTLS12/minVersion: VersionTLS10/; /cipherSuites/,$d' " + routesFile, []evidence.Outcome{proven, refuted, proven, proven}, "is accepted"},
		{"every name gets a certificate", "sed -i 's/sniStrict: true/sniStrict: false/' " + routesFile, []evidence.Outcome{proven, proven, refuted, proven}, "gets a certificate"},
		{"plain HTTP is served", "sed -i 's/service: noop@internal/service: whoami.home.arpa/; s/middlewares: .redirect./middlewares: [clean]/' " + routesFile, []evidence.Outcome{refuted, proven, proven, proven}, "not led to HTTPS"},
		{"a wrong certificate", "sed -i 's/, *tls: {certResolver: lab}//; s/tls: {certResolver: lab}/tls: {}/; s/sniStrict: true/sniStrict: false/' " + routesFile + "; " + anew, []evidence.Outcome{refuted, proven, refuted, proven}, ""},
	})
}

// newAuthority rotates the authority. Nobody who trusts only the old one accepts what is
// served then.
func newAuthority(t *testing.T, b *bed) {
	old := b.madeUp.Root
	b.madeUp.Rotate()
	b.up()
	if b.madeUp.Root == old {
		t.Fatal("the authority is the same")
	}
	assertOutcome(t, b.lookAt(t, certificateProbes...), proven)
	b.madeUp.Root, old = old, b.madeUp.Root
	assertOutcome(t, b.lookAt(t, "certificate-valid"), refuted)
	b.madeUp.Root = old
}

// rootKeyIsAway looks for the key of the root everywhere on the host, and finds the one
// that is there.
func rootKeyIsAway(t *testing.T, b *bed) {
	for d, s := range b.madeUp.Values {
		if d.Form != vault.Authority {
			continue
		}
		parts, err := authority.Parse(s.Value.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		find := func(key string) string {
			line := strings.Split(key, "\n")[1] // of its base64
			return b.run("server", "grep -rlF -- '"+line+"' /opt /etc /var/lib /root /home /tmp /run 2>/dev/null || true")
		}
		if found := find(parts.RootKey); found != "" {
			t.Errorf("the root's key is in\n%s", found)
		}
		if found := find(parts.IntermediateKey); !strings.Contains(found, "/opt/cairn/step-ca/config/intermediate.key") {
			t.Errorf("the key that issues is not found, so nothing would be: %s", found)
		}
		return
	}
	t.Error("the lab has no authority")
}

// serviceGoes takes the service out of the lab file. Nothing of Cairn's is left of it
// and of the reverse proxy, but volumes.
func serviceGoes(t *testing.T, b *bed) {
	b.lab.Services = nil
	b.wire()
	b.up()
	const left = "docker ps --all --filter label=io.cairn.service --format '{{.Names}}'; ls /opt/cairn /etc/cairn/services 2>/dev/null || true"
	if got := b.run("server", left); strings.Contains(got, "whoami") || strings.Contains(got, "traefik") || strings.Contains(got, "caddy") || strings.Contains(got, "hello") || strings.Contains(got, "step-ca") {
		t.Errorf("these are left:\n%s", got)
	}
	if got := b.run("server", "ls /etc/systemd/system/cairn-names.service 2>&1 || true; ss -Hlun 'sport = 53'; systemctl is-active cairn-names || true"); !strings.Contains(got, "No such file") || !strings.HasSuffix(got, "inactive\n") || strings.Contains(got, ":53") {
		t.Errorf("of the resolver is left:\n%s", got)
	}
	if got := b.run("server", "cat "+kept); strings.TrimSpace(got) != "mine" {
		t.Errorf("in the volume is %q", got)
	}
}
