package adoption

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"cairn/internal/problem"
)

// keys are what a container may say, as people write it and as they should not.
var keys = []string{
	`ports: ["8080:80"]`, `ports: ["127.0.0.1:22:22", "53:53/udp", 443]`, `ports: ["6000-6009:6000-6009"]`, `ports: [{target: 80, published: "80-90", mode: host}]`,
	`ports: ["1-300:1-300/udp"]`, `expose: ["3000", "5000-5010"]`, `environment: {TOKEN: random-pl4nted-value, DB_HOST: two}`, `environment: [A, B=, "API_KEY=$$pl4nted-value"]`,
	`environment: {URL: "postgres://u:pl4nted-value@two/x", PASSWORD_FILE: /run/secrets/key}`, `environment: {"a b_TOKEN": pl4nted-value}`, `environment: {X_PASSWORD: pl4nted-value, GREETING: a pl4nted-value}`,
	`volumes: ["data:/data", "/anonymous", "./beside:/x", "/srv/y:/y", "~/z:/z"]`, `volumes: [{type: tmpfs, target: /t}, {type: bind, source: ., target: /all}]`,
	`volumes: ["-x:/var/lib/postgresql/data", "/var/run/docker.sock:/s"]`, `tmpfs: [/tmp, "/run:size=1m"]`, `secrets: [key]`, `secrets: [{source: key, target: /k, uid: "5", mode: 0440}]`,
	`command: redis-server --requirepass pl4nted-value`, `command: [sh, -c, "echo $$HOME ${EMPTY:-} two:80"]`, `entrypoint: ""`, `healthcheck: {test: "curl http://localhost/ok"}`,
	`healthcheck: {test: [NONE]}`, `healthcheck: {disable: true}`, `restart: "no"`, `restart: on-failure:3`, `privileged: true`, `cap_add: [net_admin, CAP_SYS_TIME]`, `cap_add: [ALL]`, `cap_drop: [ALL]`,
	`security_opt: ["seccomp:unconfined", "no-new-privileges:true"]`, `network_mode: none`, `network_mode: "service:two"`, `networks: [outside]`, `networks: {inside: {aliases: [three], ipv4_address: 10.0.0.2}}`,
	`deploy: {replicas: 3, resources: {limits: {memory: 70000g}}}`, `deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: all}]}}}`, `mem_limit: 1b`, `mem_limit: -1`,
	`container_name: three`, `container_name: _x`, `user: "1000:1000"`, `user: "4294967295"`, `user: root`, `labels: {traefik.http.services.a.loadbalancer.server.port: "99999"}`, `labels: [a=b]`,
	`build: .`, `devices: ["/dev/x"]`, `gpus: all`, `sysctls: {net.x: 1}`, `extra_hosts: ["h:host-gateway"]`, `links: ["two:alias"]`, `depends_on: {two: {condition: service_completed_successfully}}`,
	`pid: host`, `ipc: shareable`, `volumes_from: [two]`, `configs: [site]`, `profiles: [extra]`, `env_file: [{path: ./no.env, required: false}]`, `env_file: no.env`, `logging: {driver: none}`,
	`hostname: three`, `x-own: {PASSWORD: pl4nted-value}`, `post_start: [{command: "echo two"}]`, `working_dir: /x`, `develop: {watch: []}`, `scale: 0`, `read_only: true`, `tty: true`,
}

var images = []string{"nginx:1.29", "postgres:17", "postgres:18-alpine", "redis", "mariadb:latest", "ghcr.io/a/b:c", "localhost:5000/x:1", "x@sha256:" + strings.Repeat("a", 64), "Not An Image"}

// TestAnyFile puts files together from parts. None makes the import fail, what nothing
// stops is a right service, and no secret is told.
func TestAnyFile(t *testing.T) {
	const secretValue = "pl4nted-value"
	dir := unpacked(t, "web", []txtar.File{{Name: "key.txt", Data: []byte(secretValue + "\n")}})
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString("x-all: {TOKEN: pl4nted-value}\nservices:\n")
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"one", "two", "three", "_x", "A.b"}), 2, 4, rapid.ID[string]).Draw(t, "containers") {
			fmt.Fprintf(&text, "  %s:\n    image: %q\n", name, rapid.SampledFrom(images).Draw(t, "image"))
			key := func(line string) string { key, _, _ := strings.Cut(line, ":"); return key }
			for _, line := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, 6, key).Draw(t, "keys") {
				fmt.Fprintf(&text, "    %s\n", line)
			}
		}
		text.WriteString("volumes: {data: {}, -x: {name: mine}}\nnetworks: {outside: {external: true}, inside: {internal: true}}\n")
		text.WriteString("secrets: {key: {file: ./key.txt}}\nconfigs: {site: {content: x}}\n")
		p, faults := propose("compose.yaml", dir, []byte(text.String()), Options{Name: rapid.SampledFrom([]string{"web", "one"}).Draw(t, "name"), HTTPPort: rapid.Uint16().Draw(t, "port"), Others: []string{"two", "other"}})
		if p == nil {
			if strings.Contains(faults.Error(), secretValue) {
				t.Fatalf("a secret is told: %v", faults)
			}
			return
		}
		facets, err := json.Marshal(map[string]any{"services": p.Service, "warnings": p.Warnings})
		if err != nil || bytes.Contains(facets, []byte(secretValue)) {
			t.Fatalf("a secret is told: %s, %v", facets, err)
		}
		_, err = p.Catalog()
		if err != nil && problem.CodeOf(err) != problem.ComposeWrong {
			t.Fatalf("%v: %v\n%s", err, errors.Unwrap(err), text.String())
		}
		for name, content := range p.Files {
			if err == nil && bytes.Contains(content, []byte(secretValue)) {
				t.Fatalf("a secret is in %s:\n%s", name, content)
			}
		}
	})
}
