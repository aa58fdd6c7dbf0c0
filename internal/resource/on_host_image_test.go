package resource

import (
	"errors"
	"strings"
	"testing"

	"cairn/internal/problem"
)

// registryImages puts three images into a registry on this machine, each under the
// name of its own and then under web:1: one with a web server, one that does not
// start, and another one that does. It prints their digests.
const registryImages = `set -e
	sed -i '/^auth:/,$d' /etc/docker/registry/config.yml # Debian's registry wants a password
	systemctl restart docker-registry
	timeout 20 sh -c 'until curl -fs http://localhost:5000/v2/ >/dev/null; do sleep 0.2; done'
	make() {
		tar -C /bin -c busybox | docker import --change "ENTRYPOINT $2" --change "LABEL which=$1" - localhost:5000/conform/web:1 >/dev/null
		docker push --quiet localhost:5000/conform/web:1 >/dev/null
		docker image inspect --format '{{index .RepoDigests 0}}' localhost:5000/conform/web:1 | cut -d@ -f2
	}
	make good '["/busybox"]'; make broken '["/busybox", "false"]'; make better '["/busybox"]'`

// pinnedWeb is the web server with an image of that registry.
func pinnedWeb(digest string) Service {
	s := web("1", "one")
	s.Files[0].Content = Inline(strings.ReplaceAll(s.Files[0].Content.Text(), "localhost/conform", "localhost:5000/conform"))
	s.Containers[0].Image, s.Containers[0].Digest = "localhost:5000/conform/web:1", digest
	return s
}

// TestWithDockerPinnedImages has a service run the image of a digest, whatever its
// name means on the host or at the registry.
func TestWithDockerPinnedImages(t *testing.T) {
	b := dockerBench(t)
	does(noService)(t, b)
	digests := strings.Fields(b.sh(t, registryImages))
	good, broken, better := digests[0], digests[1], digests[2]
	which := func() string {
		return strings.TrimSpace(b.sh(t, `docker inspect --format '{{.State.Status}} {{index .Config.Labels "which"}}' cairn-conform-web-1`))
	}
	runsNow := func(want string) {
		t.Helper()
		if which() != "running "+want {
			t.Errorf("%s, want %s", which(), want)
		}
	}
	forget := func() {
		bringAbout(t, b, Service{Name: "conform", Absent: true, Networks: []ContainerNetwork{{Name: "cairn-conform"}}})
		b.sh(t, "docker image rm --force $(docker image ls --quiet localhost:5000/conform/web) >/dev/null")
	}

	defer forget()
	forget()
	bringAbout(t, b, pinnedWeb(""))
	runsNow("better") // the last that was pushed
	if d := check(t, b, pinnedWeb(better)); !d.Empty() {
		t.Errorf("the first lock changes something: %+v", d.Changes)
	}

	forget()
	bringAbout(t, b, pinnedWeb(good))
	runsNow("good")
	b.sh(t, `docker pull --quiet localhost:5000/conform/web:1; cd /opt/cairn/conform && docker compose up -d --force-recreate 2>&1`)
	runsNow("better")
	if d := check(t, b, pinnedWeb(good)); len(d.Changes) != 1 || d.Changes[0].Property != "web: digest of the image" {
		t.Errorf("another image of that name is seen as %+v", d.Changes)
	}
	bringAbout(t, b, pinnedWeb(good))
	runsNow("good")

	_, err := Converge(t.Context(), b.sys, pinnedWeb(broken), "")
	mustFail(t, err, "the release before it runs again")
	runsNow("good")
	if d := check(t, b, pinnedWeb(good)); !d.Empty() {
		t.Errorf("the release before is not as it was: %+v", d.Changes)
	}
	bringAbout(t, b, pinnedWeb(better))
	runsNow("better")

	_, err = Converge(t.Context(), b.sys, pinnedWeb("sha256:"+strings.Repeat("0", 64)), "")
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.ImageMissing {
		t.Errorf("a digest that nobody has ended with %v", err)
	}
	runsNow("better")
}
