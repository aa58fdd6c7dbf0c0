package resource

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
	"cairn/internal/system"
)

const dockerWants = `{"live-restore":true,"log-opts":{"max-size":"10m","max-file":"3"}}`

var dockerOptions = Inline(dockerWants + "\n")

func dockerExample() example {
	return example{
		name: "docker daemon, with keys of the owner's", desired: DockerDaemon{Options: dockerOptions},
		begin: all(does("rm -rf /etc/docker /etc/cairn/docker-daemon.json"), has("/etc/docker/daemon.json", `{"dns": ["192.0.2.53"]}`, 0o600)),
		tamper: ways{
			"removed": lacks("/etc/docker/daemon.json"), "a key less": has("/etc/docker/daemon.json", `{"dns":["192.0.2.53"],"live-restore":true}`, 0o600),
			"not remembered": has("/etc/cairn/docker-daemon.json", "{}\n", 0o644),
			"an earlier value of Cairn's": all(
				has("/etc/docker/daemon.json", `{"live-restore":false,"log-opts":{"max-size":"10m","max-file":"3"}}`, 0o600),
				has("/etc/cairn/docker-daemon.json", `{"live-restore":false,"log-opts":{"max-size":"10m","max-file":"3"}}`, 0o644),
			),
		},
		change: has("/etc/docker/daemon.json", `{"dns": ["192.0.2.54"]}`, 0o600),
		bad:    []Resource{DockerDaemon{}, DockerDaemon{Options: Inline("{}")}, DockerDaemon{Options: dockerOptions, Lacks: "a\nb"}},
	}
}

// TestDockerKeys decides on each key by whose it is.
func TestDockerKeys(t *testing.T) {
	for _, c := range []struct {
		name, file, record, want string
		dockerd                  bool
		left                     []string
	}{
		{name: "none yet", want: dockerWants},
		{name: "the owner's stay", file: `{"dns":["192.0.2.53"],"live-restore":false}`,
			want: `{"dns":["192.0.2.53"],"live-restore":false,"log-opts":{"max-size":"10m","max-file":"3"}}`, left: []string{"live-restore stays as you set it"}},
		{name: "Cairn's own are brought up to date", file: `{"live-restore": false, "log-opts": {}}`, record: `{"live-restore":false}`,
			want: `{"live-restore":true,"log-opts":{}}`, left: []string{"log-opts stays as you set it"}},
		{name: "and taken out", file: `{"ipv6":true,"live-restore":true}`, record: `{"ipv6":true}`, want: dockerWants},
		{name: "unless the owner has changed them", file: `{"ipv6":false}`, record: `{"ipv6":true}`,
			want: `{"ipv6":false,"live-restore":true,"log-opts":{"max-size":"10m","max-file":"3"}}`},
		{name: "a damaged record", file: `{"live-restore":false}`, record: `{"live`, want: `{"live-restore":false,"log-opts":{"max-size":"10m","max-file":"3"}}`,
			left: []string{"live-restore stays as you set it"}},
		{name: "an Engine that was there", dockerd: true, file: `{"live-restore":false}`, want: `{"live-restore":false}`, left: []string{
			"live-restore stays as you set it", "log-opts is not set, and stays so, since Docker was here before Cairn",
		}},
		{name: "and is Cairn's", dockerd: true, file: `{"live-restore":false}`, record: `{"live-restore":false}`, want: dockerWants},
		{name: "an open door", dockerd: true, file: `{"hosts":["unix:///run/docker.sock","tcp://0.0.0.0:2375"],"live-restore":true}`,
			want: `{"hosts":["unix:///run/docker.sock"],"live-restore":true}`, left: []string{"log-opts is not set, and stays so, since Docker was here before Cairn"}},
		{name: "nothing but a door", file: `{"hosts":["tcp://0.0.0.0:2375"]}`, want: dockerWants},
		{name: "a door that asks for certificates", file: `{"hosts":["tcp://0.0.0.0:2376"],"tlsverify":true,"live-restore":true,"log-opts":{"max-size":"10m","max-file":"3"}}`,
			want: `{"hosts":["tcp://0.0.0.0:2376"],"live-restore":true,"log-opts":{"max-size":"10m","max-file":"3"},"tlsverify":true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := scratchBench(t)
			for path, content := range map[string]string{daemonFile: c.file, daemonRecord: c.record} {
				if content != "" {
					has(path, content, 0o644)(t, b)
				}
			}
			if c.dockerd {
				has("/usr/bin/dockerd", "", 0o755)(t, b)
			}
			s, err := DockerDaemon{Options: dockerOptions}.state(b.sys)
			ok(t, err)
			if got := spelt(s.want.text()); got != c.want {
				t.Errorf("the file becomes %s, want %s", got, c.want)
			}
			if diff := cmp.Diff(c.left, s.left); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
		})
	}
}

// What the owner has set may be secret.
func TestDockerKeysOfTheOwnersAreNotShown(t *testing.T) {
	b := scratchBench(t)
	has(daemonFile, `{"hosts":["tcp://user:hunter2@0.0.0.0:2375"]}`, 0o600)(t, b)
	s, err := DockerDaemon{Options: dockerOptions}.state(b.sys)
	ok(t, err)
	for _, key := range s.changed() {
		if strings.Contains(s.shown(key), "hunter2") {
			t.Errorf("%s is shown as %s", key, s.shown(key))
		}
	}
}

func TestDockerThatCannotBeHad(t *testing.T) {
	_, err := DockerDaemon{Options: dockerOptions, Lacks: "Debian 12 has no package of Docker Compose v2"}.Check(t.Context(), &system.System{Root: t.TempDir()})
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.DockerLacks {
		t.Errorf("it ended with %v", err)
	}
}

func TestDockerFileThatIsNotJSON(t *testing.T) {
	b := scratchBench(t)
	has(daemonFile, `{"live-restore": true,}`, 0o644)(t, b)
	_, err := DockerDaemon{Options: dockerOptions}.state(b.sys)
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.DockerRefuses {
		t.Errorf("it ended with %v", err)
	}
}
