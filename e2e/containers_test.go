package e2e

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/standin"
)

// dockers is an Engine of the owner's: with settings and a container of its own,
// which waits for its input.
const dockers = `export DEBIAN_FRONTEND=noninteractive
	mkdir -p /etc/docker; echo '{ "log-driver": "local" }' >/etc/docker/daemon.json; chmod 600 /etc/docker/daemon.json
	apt-get -qq update >/dev/null; apt-get -qq install -y --no-install-recommends docker.io docker-cli busybox-static >/dev/null 2>&1`

// ownContainer starts a container of the owner's, with something in a volume.
const ownContainer = `set -e; tar -C /bin -c busybox | docker import --change 'ENTRYPOINT ["/busybox"]' - mine >/dev/null
	docker volume create mine >/dev/null; docker run --rm -v mine:/data mine sh -c 'echo precious >/data/file'
	docker run -d --name mine -v mine:/data --restart always mine sleep 100000 >/dev/null`

// ownLook is all that the owner has of Docker. A container that was started again has
// another process.
const ownLook = `docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.State}}'; docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' mine
	docker images --no-trunc --format '{{.ID}} {{.Repository}}'; docker network ls --no-trunc --format '{{.ID}} {{.Name}}' | grep -v ' bridge$'; docker volume ls
	cat /var/lib/docker/volumes/mine/_data/file; stat -c '%a %y' /etc/docker/daemon.json; cat /etc/docker/daemon.json; getent group docker`

// TestContainerPlatform sets up Docker on a bare host, and beside it on one with an
// Engine of the owner's. Then it breaks what each look is about.
func TestContainerPlatform(t *testing.T) {
	b := newDockerBed(t, "owned", "server", "visitor")
	for i := range b.lab.Hosts {
		if b.lab.Hosts[i].Name == "server" {
			b.lab.Hosts[i].Open = []lab.Opening{{Protocol: "tcp", Port: 8080}}
		}
	}
	b.run("owned", dockers+"\n"+ownContainer)
	// Later a flush takes away the rules by which names resolve on a throw-away host.
	b.run("server", "apt-get -qq update >/dev/null; apt-get -qq install -y --no-install-recommends busybox-static >/dev/null 2>&1")
	owners := b.run("owned", ownLook)
	b.up()
	e := b.engine()
	if !reached(e.Status(), "core.container-platform-operational") {
		t.Fatal("the milestone is not reached")
	}
	if plan, err := e.Plan(t.Context()); err != nil || plan.Changes() != 0 {
		t.Errorf("a second up would change something: %+v, %v", plan, err)
	}
	if diff := difference(owners, b.run("owned", ownLook)); diff != "" {
		t.Errorf("what the owner had of Docker was changed:\n%s", diff)
	}
	t.Run("settings", func(t *testing.T) { dockerIsSet(t, b) })
	t.Run("faults", func(t *testing.T) { containerFaults(t, b) })
	t.Run("restarts", func(t *testing.T) { dockerRestarts(t, b) })
	t.Run("mirror", func(t *testing.T) { mirrorServes(t, b) })
	if left := b.run("server", `for what in "ps -a" "network ls" "volume ls" "images"; do docker $what --filter label=io.cairn.look --quiet; done`); left != "" {
		t.Errorf("looks have left something: %s", left)
	}
}

func reached(s *engine.Status, milestone string) bool {
	return slices.ContainsFunc(s.Stages, func(stage engine.StageStatus) bool {
		return slices.ContainsFunc(stage.Milestones, func(m engine.MilestoneStatus) bool { return m.ID == milestone && m.Reached != nil })
	})
}

// dockerIsSet looks with Docker's own words at what is in force on the bare host.
func dockerIsSet(t *testing.T, b *bed) {
	for what, c := range map[string]struct{ line, want string }{
		"live restore":   {"docker info --format '{{.LiveRestoreEnabled}}'", "true\n"},
		"logs":           {"docker info --format '{{.LoggingDriver}}'; docker run --name logs -d $(docker import --change 'CMD [\"/sh\"]' /root/empty.tar) >/dev/null 2>&1; docker inspect --format '{{index .HostConfig.LogConfig.Config \"max-size\"}}' logs; docker rm -f logs >/dev/null", "json-file\n10m\n"},
		"pools":          {"docker network inspect bridge --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' | grep -F . | cut -d. -f1,2", "172.31\n"},
		"a new network":  {"docker network create one >/dev/null; docker network inspect one --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' | grep -F . | cut -d. -f1,2; docker network rm one >/dev/null", "172.31\n"},
		"Compose":        {"docker compose version --short | cut -d. -f1", "2\n"},
		"nobody's group": {"getent group docker | cut -d: -f4", "\n"},
	} {
		if got := b.run("server", "truncate -s 10240 /root/empty.tar; "+c.line); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

// containerFaults breaks one thing at a time on the bare host: all of them, or every
// other one.
func containerFaults(t *testing.T, b *bed) {
	const refuted, unproven = evidence.Refuted, evidence.Unproven
	const daemon = `cp -p /etc/docker/daemon.json /root/; sed -i 's/^{/{ SETTING,/; s/"ip6tables": true/"ip6tables": false/' /etc/docker/daemon.json; systemctl stop docker; nft flush ruleset; systemctl reset-failed docker; systemctl start docker`
	const undo = "mv /root/daemon.json /etc/docker/; systemctl reset-failed docker; systemctl restart docker"
	for i, c := range []struct {
		name, do, undo string
		want           map[string]evidence.Outcome
		reason         string
	}{
		{"the daemon is stopped", "systemctl stop docker.socket docker.service", "systemctl reset-failed docker; systemctl start docker",
			map[string]evidence.Outcome{"container-runs": refuted, "containers-reach": unproven, "volume-keeps": unproven, "container-port-closed": unproven}, "Cannot connect to the Docker daemon"},
		{"Docker is gone", "mv /usr/bin/docker /root/", "mv /root/docker /usr/bin/",
			map[string]evidence.Outcome{"container-runs": refuted, "containers-apart": unproven, "container-port-open": unproven}, "the program docker is not installed"},
		{"containers may not talk", strings.Replace(daemon, "SETTING", `"default-network-opts": {"bridge": {"com.docker.network.bridge.enable_icc": "false"}}`, 1), undo,
			map[string]evidence.Outcome{"containers-reach": refuted, "container-runs": evidence.Proven}, "by name came"},
		{"nothing keeps networks apart", strings.Replace(daemon, "SETTING", `"iptables": false`, 1), undo,
			map[string]evidence.Outcome{"containers-apart": refuted, "containers-reach": evidence.Proven}, "from another network came"},
		{"something empties volumes", "systemd-run --quiet --unit=emptier sh -c 'while :; do rm -f /var/lib/docker/volumes/cairn-look/_data/*; done'", "systemctl stop emptier",
			map[string]evidence.Outcome{"volume-keeps": refuted}, "no such file"},
		{"the table is gone", "systemctl stop cairn-firewall cairn-firewall-again; nft delete table inet cairn", "systemctl start cairn-firewall",
			map[string]evidence.Outcome{"container-port-closed": refuted, "container-port-open": evidence.Proven}, "is reachable although lab.yaml does not declare it"},
		{"another filter", "nft 'table inet mine { chain f { type filter hook forward priority 5; tcp dport 7007 drop; }; }'", "nft delete table inet mine",
			map[string]evidence.Outcome{"container-port-open": refuted}, "port 8080 is declared open, and a container that publishes it cannot be reached"},
	} {
		if !whole() && i%2 == 0 {
			continue
		}
		b.run("server", c.do)
		var probes []string
		for probe := range c.want {
			probes = append(probes, probe)
		}
		broken := b.lookAt(t, probes...)
		b.run("server", c.undo)
		for _, r := range broken {
			if r.Host != "server" {
				continue
			}
			if r.Outcome != c.want[r.Probe] || r.Outcome != evidence.Proven && !strings.Contains(r.Reason, c.reason) {
				t.Errorf("%s: %s is %s: %q, want %s, %q", c.name, r.Probe, r.Outcome, r.Reason, c.want[r.Probe], c.reason)
			}
		}
	}
	b.run("server", `docker network create --label io.cairn.look=network cairn-look-1; docker volume create --label io.cairn.look=volume cairn-look`)
	assertOutcome(t, b.lookAt(t, containerProbes...), evidence.Proven)
}

var containerProbes = []string{"container-runs", "containers-reach", "containers-apart", "volume-keeps", "container-port-closed", "container-port-open"}

// dockerRestarts restarts what has rules, in either order, under a container of the
// owner's, whose content and process stay. Only one order is tried, unless long tests
// were asked for.
func dockerRestarts(t *testing.T, b *bed) {
	b.run("server", "systemctl enable --now nftables; until nft list ruleset | grep -q 'chain DOCKER' && systemctl -q is-active docker; do sleep 0.5; done; "+ownContainer)
	const process = "docker inspect --format '{{.State.Pid}} {{.State.StartedAt}}' mine; cat /var/lib/docker/volumes/mine/_data/file"
	before := b.run("server", process)
	for i, act := range []string{
		"systemctl reset-failed docker; systemctl restart docker; systemctl restart nftables",
		"systemctl restart nftables; sleep 3; systemctl reset-failed docker; systemctl restart docker", "systemctl stop nftables; systemctl start nftables",
	} {
		if !whole() && i > 0 {
			continue
		}
		b.run("server", act)
		eventually(t, 20*time.Second, "Docker's rules are back after "+act, func() bool {
			return b.run("server", "nft list ruleset | grep -c 'chain DOCKER' || true") != "0\n" && b.run("server", "systemctl is-active docker || true") == "active\n"
		})
		for _, r := range b.lookAt(t, "containers-reach", "containers-apart", "container-port-closed", "container-port-open", "firewall-lasts") {
			if r.Host == "server" && r.Outcome != evidence.Proven {
				t.Errorf("after %q %s is %s: %s", act, r.Probe, r.Outcome, r.Reason)
			}
		}
		if after := b.run("server", process); after != before {
			t.Errorf("after %q the owner's container is %s instead of %s", act, after, before)
		}
	}
}

// mirrorServes pulls an image under its upstream name: nobody has it, and then the
// registry that the lab file names.
func mirrorServes(t *testing.T, b *bed) {
	const image = "docker.io/traefik/whoami:v1.11.0"
	const pull = "timeout 120 docker pull --quiet " + image + " 2>&1 || echo it failed"
	if !standin.Reachable(t.Context(), "") {
		if said := b.run("server", pull); !strings.Contains(said, "it failed") {
			t.Errorf("without a mirror the image came: %s", said)
		}
	}
	recipe, known := standin.Find(image)
	cache, err := standin.CacheDir()
	if !known || err != nil {
		t.Fatal(known, err)
	}
	made, err := standin.Make(t.Context(), cache, recipe, runtime.GOARCH, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := b.rehearsal.StartRegistry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := standin.Fill(t.Context(), registry, made); err != nil {
		t.Fatal(err)
	}
	b.lab.Images.Mirror = registry
	b.up()
	if said := b.run("server", pull); said != image+"\n" {
		t.Fatalf("with a mirror: %s", said)
	}
	answer := b.run("server", `docker run --detach --rm --name whoami --read-only --user 65534:65534 `+image+` --port=8080 >/dev/null
		at=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' whoami)
		busybox wget -q -O - http://$at:8080/some/path; docker inspect --format '{{index .Config.Labels "org.cairn.stand-in"}}' whoami; docker rm --force whoami >/dev/null`)
	for _, want := range []string{"GET /some/path HTTP/1.1", recipe.From} {
		if !strings.Contains(answer, want) {
			t.Errorf("it answers %q, want %q", answer, want)
		}
	}
}
