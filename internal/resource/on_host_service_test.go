package resource

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/problem"
)

// dockerBench is this machine, if it was made to be changed and has Docker.
func dockerBench(t *testing.T) *bench {
	t.Helper()
	if os.Getenv(hostVariable) != "docker" {
		t.Skip("TestServicesOnAHostWithDocker runs this where it may change things")
	}
	mustBeThrownAway(t)
	return newBench("/", []string{"/etc/cairn", "/opt"}, nil)
}

// testImages makes an image with a web server, under the names of two versions.
const testImages = `docker image inspect localhost/conform/web:1 >/dev/null 2>&1 || {
	tar -C /bin -c busybox | docker import --change 'ENTRYPOINT ["/busybox"]' - localhost/conform/web:1 >/dev/null
	docker tag localhost/conform/web:1 localhost/conform/web:2; }`

// noService removes all that the tests make.
const noService = testImages + `
	docker ps --all --quiet --filter name=conform | xargs --no-run-if-empty docker rm --force >/dev/null
	docker network ls --quiet --filter name=conform | xargs --no-run-if-empty docker network rm >/dev/null
	docker volume ls --quiet --filter name=conform | xargs --no-run-if-empty docker volume rm >/dev/null
	rm -rf /opt/cairn /etc/cairn`

// webCompose is a web server that serves a folder, with a volume and a secret.
const webCompose = `name: cairn-conform
services:
  web:
    image: localhost/conform/web:VERSION
    command: [httpd, -f, -p, "8080", -h, /www]
    labels: {io.cairn.lab: home, io.cairn.service: conform, io.cairn.release: STAMP}
    environment: {GREETING: hello}
    restart: unless-stopped
    read_only: true
    cap_drop: [ALL]
    mem_limit: 64m
    networks: {default: }
    volumes: ["./www:/www:ro", "data:/data"]
    secrets: [key]
networks: {default: {name: cairn-conform, external: true}}
volumes: {data: {name: cairn-conform_data, labels: {io.cairn.service: conform}}}
secrets: {key: {file: ./secrets/key}}
`

// web is a release of that service.
func web(version, stamp string) Service {
	compose := strings.NewReplacer("VERSION", version, "STAMP", stamp).Replace(webCompose)
	return Service{
		Name: "conform", Stamp: stamp, Within: 10,
		Files: []ServiceFile{
			{Path: "compose.yaml", Content: Inline(compose)}, {Path: "secrets/key", Content: Inline("SECRET-OF-" + version), Sensitive: true},
			{Path: "www/index.html", Content: Inline("page of " + version + "\n"), Live: true},
		},
		Containers: []Container{{
			Name: "web", Image: "localhost/conform/web:" + version, Environment: []string{"GREETING=hello"}, Memory: 64 << 20, Networks: []string{"cairn-conform"},
			Mounts: []string{"/opt/cairn/conform/secrets/key:/run/secrets/key:ro", "/opt/cairn/conform/www:/www:ro", "cairn-conform_data:/data"},
		}},
		Networks: []ContainerNetwork{{Name: "cairn-conform", Internal: true, Labels: []string{"io.cairn.lab=home", "io.cairn.service=conform"}}},
		Health:   []HealthCheck{{Container: "web", Port: 8080, Path: "/index.html"}},
	}
}

func serviceExample() example {
	const file = "/opt/cairn/conform/"
	broken := web("1", "one")
	broken.Files = broken.Files[1:]
	up := web("1", "one")
	up.Files[0].Path = "../compose.yaml"
	itself := web("1", "one")
	itself.Replaces = []string{"conform"}
	return example{
		name: "service", desired: web("1", "one"), begin: does(noService),
		tamper: ways{
			"the container is gone": does("docker rm --force cairn-conform-web-1"), "it is stopped": does("docker stop --time 0 cairn-conform-web-1"),
			"its page":               has(file+"www/index.html", "mine\n", 0o644),
			"its Compose file":       does("sed -i s/hello/goodbye/ " + file + "compose.yaml"),
			"others read its secret": does("chmod 644 " + file + "secrets/key"), "off its network": does("docker network disconnect cairn-conform cairn-conform-web-1"),
			"more memory": does("docker update --memory 96m --memory-swap 96m cairn-conform-web-1"), "not remembered": does("rm -rf /etc/cairn/services/conform"),
		},
		change: does("docker network create cairn-conform --label io.cairn.service=conform"),
		bad:    []Resource{Service{}, Service{Name: "a b", Absent: true}, Service{Name: "conform"}, Service{Name: "conform", Absent: true, Files: web("1", "one").Files}, broken, up, itself},
	}
}

func absentServiceExample() example {
	return example{
		name: "service, no longer wanted", desired: Service{Name: "conform", Absent: true, Networks: []ContainerNetwork{{Name: "cairn-conform"}}},
		begin: func(t testing.TB, b *bench) {
			does(noService)(t, b)
			bringAbout(t, b, web("1", "one"))
		},
		tamper: ways{"it is back": func(t testing.TB, b *bench) { bringAbout(t, b, web("1", "one")) }},
		bad:    []Resource{Service{Absent: true}},
	}
}

func serviceRestartExample() example {
	restart := ServiceRestart{Service: "conform", Token: "second", Containers: []string{"web"}, Health: web("1", "one").Health, Within: 10}
	without := restart
	without.Containers = nil
	return example{
		name: "service-restart", desired: restart,
		begin: func(t testing.TB, b *bench) {
			does(noService)(t, b)
			bringAbout(t, b, web("1", "one"))
			b.put(t, restart.tokenPath(), "first\n", 0o600)
		},
		tamper: ways{"another one was the last": has(restart.tokenPath(), "third\n", 0o600), "none was": lacks(restart.tokenPath())},
		change: has(restart.tokenPath(), "third\n", 0o600),
		bad:    []Resource{without, ServiceRestart{Service: "a b", Token: "x", Containers: []string{"web"}}, ServiceRestart{Service: "conform", Token: "a b", Containers: []string{"web"}}},
	}
}

// TestWithDockerConformance takes minutes: each point at which the change can be
// interrupted starts containers.
func TestWithDockerConformance(t *testing.T) {
	b := dockerBench(t)
	if os.Getenv("CAIRN_LONG") == "" {
		t.Skip("takes minutes: run `make test-long`")
	}
	conform(t, b, []example{serviceExample(), absentServiceExample(), serviceRestartExample()})
}

// runs is what of the service runs: its image, page and process.
func runs(t *testing.T, b *bench) string {
	return b.sh(t, `docker inspect --format '{{.Config.Image}} {{.State.Status}}' cairn-conform-web-1 | tr '\n' ' '; docker exec cairn-conform-web-1 /busybox cat /www/index.html`)
}

// TestWithDockerABadReleaseGoesBack has each kind of bad release put back. Data in
// the volume stays.
func TestWithDockerABadReleaseGoesBack(t *testing.T) {
	b := dockerBench(t)
	does(noService)(t, b)
	bringAbout(t, b, web("1", "one"))
	b.sh(t, "echo precious >/var/lib/docker/volumes/cairn-conform_data/_data/file")
	before := runs(t, b)
	ends := func(s *Service) {
		s.Files[0].Content = Inline(strings.Replace(s.Files[0].Content.Text(), `[httpd, -f, -p, "8080", -h, /www]`, `[sh, -c, "echo the key is $$(/busybox cat /run/secrets/key); exit 3"]`, 1))
	}
	for name, c := range map[string]struct {
		spoil func(s *Service)
		code  problem.Code
		says  string
	}{
		"its program ends":   {ends, problem.ServiceUnhealthy, "ends again and again, the last time with exit code 3"},
		"it does not answer": {func(s *Service) { s.Health[0].Path = "/no-such-page" }, problem.ServiceUnhealthy, "404 Not Found"},
		"Compose refuses it": {func(s *Service) { s.Files[0].Content = Inline("services: [\n") }, problem.ServiceUnhealthy, "yaml"},
		"there is no image":  {func(s *Service) { s.Containers[0].Image = "localhost:1/conform/none:1" }, problem.ImageUnreachable, "localhost:1/conform/none:1 could not be fetched"},
	} {
		s := web("2", "two")
		c.spoil(&s)
		_, err := Converge(t.Context(), b.sys, s, "")
		var p *problem.Problem
		if !errors.As(err, &p) || p.Code != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: it ended with %v", name, err)
		}
		if strings.Contains(err.Error(), "SECRET-OF") {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
		if after := runs(t, b); after != before {
			t.Errorf("%s: afterwards %s runs, and not %s", name, after, before)
		}
		if d := check(t, b, web("1", "one")); !d.Empty() {
			t.Errorf("%s: the release before is not as it was: %+v", name, d.Changes)
		}
	}
	bringAbout(t, b, web("2", "two"))
	if after := runs(t, b); !strings.Contains(after, "web:2 running page of 2") {
		t.Errorf("afterwards %s runs", after)
	}
	if kept := b.sh(t, "cat /var/lib/docker/volumes/cairn-conform_data/_data/file"); kept != "precious\n" {
		t.Errorf("the volume has %q", kept)
	}
}

// TestWithDockerNoWayBack has a new release spoil the data that the one before needs.
// Nobody may say then that the one before runs again.
func TestWithDockerNoWayBack(t *testing.T) {
	b := dockerBench(t)
	does(noService)(t, b)
	const httpd = `[httpd, -f, -p, "8080", -h, /www]`
	running := func(version, stamp, command string) Service {
		s := web(version, stamp)
		s.Files[0].Content = Inline(strings.Replace(s.Files[0].Content.Text(), httpd, command, 1))
		return s
	}
	bringAbout(t, b, running("1", "one", `[sh, -c, "/busybox test ! -e /data/spoiled && exec /busybox httpd -f -p 8080 -h /www"]`))
	_, err := Converge(t.Context(), b.sys, running("2", "two", `[sh, -c, "/busybox touch /data/spoiled; exit 3"]`), "")
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.ServiceBroken || !strings.Contains(err.Error(), "could not be brought back") {
		t.Errorf("it ended with %v", err)
	}
	for _, code := range []string{"exit code 3", "exit code 1"} { // of the new release, and of the one before
		mustFail(t, err, "ends again and again, the last time with "+code)
	}
}

// TestWithDockerAFirstReleaseThatFails leaves nothing running.
func TestWithDockerAFirstReleaseThatFails(t *testing.T) {
	b := dockerBench(t)
	does(noService)(t, b)
	s := web("1", "one")
	s.Health[0].Path = "/no-such-page"
	_, err := Converge(t.Context(), b.sys, s, "")
	mustFail(t, err, "nothing of it is left running")
	if left := b.sh(t, "docker ps --all --quiet --filter name=conform; docker network ls --quiet --filter name=conform; find /opt/cairn/conform /etc/cairn/services -mindepth 1 2>/dev/null || true"); left != "" {
		t.Errorf("these are left: %s", left)
	}
}

// published is a release of that service or of another one, which publishes a port.
func published(name, version, stamp string) Service {
	s := web(version, stamp)
	renamed := strings.NewReplacer("cairn-conform", "cairn-"+name, "service: conform", "service: "+name, "service=conform", "service="+name, "/opt/cairn/conform/", "/opt/cairn/"+name+"/")
	s.Name = name
	s.Files[0].Content = Inline(renamed.Replace(strings.Replace(s.Files[0].Content.Text(), "    mem_limit", "    ports: [\"8090:8080\"]\n    mem_limit", 1)))
	c := &s.Containers[0]
	c.Ports, c.Networks = []string{"8090->8080/tcp"}, []string{"cairn-" + name}
	for i := range c.Mounts {
		c.Mounts[i] = renamed.Replace(c.Mounts[i])
	}
	s.Networks = []ContainerNetwork{{Name: "cairn-" + name, Labels: []string{"io.cairn.service=" + name}}}
	return s
}

// TestWithDockerReplaces has a service take the place of another one on the same port.
func TestWithDockerReplaces(t *testing.T) {
	b := dockerBench(t)
	does(noService)(t, b)
	of := func(name string) string {
		return b.sh(t, "docker ps --all --format '{{.Names}}' --filter label=io.cairn.service="+name+"; docker network ls --format '{{.Name}}' --filter label=io.cairn.service="+name+
			"; find /opt/cairn/"+name+" /etc/cairn/services/"+name+" 2>/dev/null || true")
	}
	old, replacing := published("conform", "1", "one"), published("conform-b", "2", "two")
	replacing.Replaces = []string{"conform"}
	bringAbout(t, b, old)
	before := runs(t, b)

	bad := replacing
	bad.Health = []HealthCheck{{Container: "web", Port: 8080, Path: "/no-such-page"}}
	_, err := Converge(t.Context(), b.sys, bad, "")
	mustFail(t, err, "the new release of conform-b does not work; conform runs again instead of it")
	if after := runs(t, b); after != before || of("conform-b") != "" {
		t.Errorf("afterwards %s runs, and of the other one there is %s", after, of("conform-b"))
	}

	does("rm /opt/cairn/conform/www/index.html")(t, b)
	_, err = Converge(t.Context(), b.sys, bad, "")
	mustFail(t, err, "conform-b does not work, and what was before could not be brought back")

	bringAbout(t, b, replacing)
	if left := of("conform"); left != "" {
		t.Errorf("of the one that was replaced there is still %s", left)
	}
	if volumes := b.sh(t, "docker volume ls --quiet --filter name=cairn-conform_data"); volumes != "cairn-conform_data\n" {
		t.Errorf("its data is gone: %q", volumes)
	}

	// One that was killed before it was finished is known, and can be replaced.
	ok(t, WithoutService("conform-b").Apply(t.Context(), b.sys, Diff{}))
	ok(t, replacing.begin(b.sys))
	have, err := replacing.look(t.Context(), b.sys)
	ok(t, err)
	ok(t, replacing.makeNetworks(t.Context(), b.sys, have))
	ok(t, replacing.deploy(t.Context(), b.sys, have))
	if kept := KeptServices(b.sys); !slices.Equal(kept, []string{"conform-b"}) {
		t.Errorf("the host knows of %v", kept)
	}
	old.Replaces = []string{"conform-b"}
	bringAbout(t, b, old)
	if left := of("conform-b"); left != "" || runs(t, b) != before {
		t.Errorf("of the one that was not finished there is still %s", left)
	}
}

// TestWithDockerLiveChanges changes what needs no new container: the process stays.
func TestWithDockerLiveChanges(t *testing.T) {
	b := dockerBench(t)
	does(noService+"; docker network create other")(t, b)
	defer does("docker network rm --force other")(t, b)
	bringAbout(t, b, web("1", "one"))
	pid := func() string { return b.sh(t, "docker inspect --format '{{.State.Pid}}' cairn-conform-web-1") }
	before := pid()
	s := web("1", "one")
	s.Files[2].Content = Inline("another page\n")
	s.Containers[0].Networks = []string{"cairn-conform", "other"}
	names := func(names ...string) {
		s.Containers[0].Known = nil
		compose := strings.NewReplacer("VERSION", "1", "STAMP", "one", "{default: }", "{default: , other: {aliases: ["+strings.Join(names, ", ")+"]}}",
			"external: true}}", "external: true}, other: {name: other, external: true}}").Replace(webCompose)
		for _, name := range names {
			s.Containers[0].Known = append(s.Containers[0].Known, "other/"+name)
		}
		s.Files = slices.Clone(s.Files)
		s.Files[0].Content = Inline(compose)
		bringAbout(t, b, s)
		for _, name := range names {
			b.sh(t, "docker run --rm --network other localhost/conform/web:1 nslookup -type=a "+name+" 127.0.0.11")
		}
	}
	names("a.home.example")
	names("a.home.example", "b.home.example")
	names("b.home.example")
	if after := runs(t, b); !strings.HasSuffix(after, "another page\n") || pid() != before {
		t.Errorf("it is %s with the process %s, which was %s", after, pid(), before)
	}
	bringAbout(t, b, web("1", "one"))
	if pid() != before || b.sh(t, "docker network inspect --format '{{len .Containers}}' other") != "0\n" {
		t.Error("it is still on the other network, or was started again")
	}
}

// TestWithDockerOthersStay has a service come and go beside what is the owner's.
func TestWithDockerOthersStay(t *testing.T) {
	b := dockerBench(t)
	const own = `docker rm --force mine >/dev/null 2>&1; docker run --detach --name mine --volume mine:/data localhost/conform/web:1 sleep 10000 >/dev/null; mkdir -p /opt/mine; echo x >/opt/mine/file`
	const look = `docker ps --all --no-trunc --filter name=^mine --format '{{.ID}} {{.Names}} {{.State}}'; docker network ls --no-trunc --format '{{.ID}} {{.Name}}'
		docker volume ls --format '{{.Name}}'; docker images --no-trunc --format '{{.ID}} {{.Repository}}' | sort; ls -l /opt/mine`
	does(noService+"\n"+own)(t, b)
	defer does("docker rm --force mine; docker volume rm mine; rm -rf /opt/mine")(t, b)
	before := b.sh(t, look)
	bringAbout(t, b, web("1", "one"))
	bringAbout(t, b, Service{Name: "conform", Absent: true, Networks: []ContainerNetwork{{Name: "cairn-conform"}}})
	if d := apart(before+"cairn-conform_data\n", strings.Replace(b.sh(t, look), "cairn-conform_data\n", "", 1)+"cairn-conform_data\n"); d != "" {
		t.Errorf("what is the owner's was changed:\n%s", d)
	}
	if left := b.sh(t, "docker volume ls --quiet --filter name=cairn-conform_data"); left != "cairn-conform_data\n" {
		t.Errorf("the data of the service is gone: %q", left)
	}
	for _, taken := range []struct{ make, look string }{
		{"docker network create cairn-conform", "docker network inspect --format '{{.Id}}' cairn-conform"},
		{"docker network rm cairn-conform; docker run --detach --name cairn-conform-web-1 localhost/conform/web:2 sleep 1000", "docker inspect --format '{{.Id}} {{.State.Pid}}' cairn-conform-web-1"},
	} {
		does(taken.make)(t, b)
		before := b.sh(t, taken.look)
		_, err := Converge(t.Context(), b.sys, web("1", "one"), "")
		mustFail(t, err, "is there, and is not Cairn's")
		if after := b.sh(t, taken.look); after != before {
			t.Errorf("it was touched: %s, before %s", after, before)
		}
	}
}

// TestWithDockerRestart starts a service again: once for each token, and it has to work.
func TestWithDockerRestart(t *testing.T) {
	b := dockerBench(t)
	does(noService)(t, b)
	e := serviceRestartExample()
	_, err := e.desired.Check(t.Context(), b.sys)
	mustFail(t, err, "does not run on its host")
	e.begin(t, b)
	started := func() string {
		return b.sh(t, "docker inspect --format '{{.Id}} {{.State.StartedAt}}' cairn-conform-web-1")
	}
	first := started()
	bringAbout(t, b, e.desired)
	second := started()
	bringAbout(t, b, e.desired)
	if first[:64] != second[:64] || first == second || second != started() {
		t.Errorf("it was started at %s, %s and %s", first, second, started())
	}
	if d := check(t, b, web("1", "one")); !d.Empty() {
		t.Errorf("the service is not as it was: %+v", d.Changes)
	}
	restart := e.desired.(ServiceRestart)
	restart.Token, restart.Within, restart.Health = "third", 3, []HealthCheck{{Container: "web", Port: 8080, Path: "/no-such-page"}}
	_, err = Converge(t.Context(), b.sys, restart, "")
	mustFail(t, err, "conform was started again, and does not work: not within 3s")
	mustFail(t, err, "404 Not Found")
	does("docker rm --force cairn-conform-web-1")(t, b)
	_, err = Converge(t.Context(), b.sys, restart, "")
	mustFail(t, err, "conform has no container web on its host")
}

// TestWithDockerLog reads what containers say, without the secret.
func TestWithDockerLog(t *testing.T) {
	b := dockerBench(t)
	does(noService)(t, b)
	_, err := ReadServiceLog(t.Context(), b.sys, LogRequest{Service: "conform", Lines: 5})
	mustFail(t, err, "does not run on its host")
	s := web("1", "one")
	s.Files[0].Content = Inline(strings.Replace(s.Files[0].Content.Text(), `[httpd, -f, -p, "8080", -h, /www]`,
		`[sh, -c, "echo the key is $$(/busybox cat /run/secrets/key); echo aloud >&2; exec /busybox httpd -f -p 8080 -h /www"]`, 1))
	bringAbout(t, b, s)
	log, err := ReadServiceLog(t.Context(), b.sys, LogRequest{Service: "conform", Lines: 5})
	ok(t, err)
	if len(log.Lines) != 2 || log.Lines[0].Container != "web" || time.Since(log.Lines[1].At) > time.Minute {
		t.Errorf("it says %+v", log)
	}
	if said := log.Lines[0].Text + log.Lines[1].Text; said != "the key is (secret)aloud" && said != "aloudthe key is (secret)" {
		t.Errorf("it says %q", said)
	}
	// Whoever goes on there gets each line once, whenever it came.
	shown := log.Complete()
	since := LogRequest{Service: "conform", Container: "web", Lines: 5, Since: log.Until}
	time.Sleep(logSettles)
	if log, err = ReadServiceLog(t.Context(), b.sys, since); err != nil || len(shown)+len(log.Lines) != 2 {
		t.Errorf("it says %+v, and since then %+v, %v", shown, log, err)
	}
	_, err = ReadServiceLog(t.Context(), b.sys, LogRequest{Service: "conform", Container: "wep", Lines: 5})
	mustFail(t, err, `no container "wep"`)
}
