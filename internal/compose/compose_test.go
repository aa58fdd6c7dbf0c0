package compose

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/document"
)

// TestFaults reads texts with one mistake each. The fault is at the mistake's place.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"an unknown key", "services:\n  web:\n    imge: x\n", "compose.yaml:3:5: unknown key \"imge\" in services.web; did you mean `image`?"},
		{"a port in words", "services:\n  web:\n    image: x\n    ports: [\"80:http\"]\n", "compose.yaml:4:13: Invalid containerPort: http"},
		{"no such container", "services:\n  web:\n    image: x\n    depends_on: [db]\n", `compose.yaml:2:3: service "web" depends on undefined service "db"`},
		{"no such volume", "services:\n  web:\n    image: x\n    volumes: [data:/x]\n", `compose.yaml:2:3: service "web" refers to undefined volume data`},
		{"no such variable", "services:\n  web:\n    image: ${NOPE}\n", `compose.yaml:3:12: there is no variable "NOPE"`},
		{"no such variable, with a default", "services:\n  web:\n    image: ${NOPE:-x}\n", `compose.yaml:3:12: there is no variable "NOPE"`},
		{"a variable without an end", "services:\n  web:\n    image: ${TAG:-x\n", "compose.yaml:3:5: \"${TAG:-x\" names no variable that can be read; expected ${NAME}, or $$ for a dollar sign"},
		{"a list for a variable", "services:\n  web:\n    image: x\n    environment: {A: [1]}\n", "compose.yaml:4:19: services.web.environment.A must be a boolean, null, number or string"},
		{"an amount in words", "services:\n  web:\n    image: x\n    mem_limit: lots\n", "compose.yaml:4:5: 'services[web].mem_limit' invalid size: 'lots'"},
		{"a time in words", "services:\n  web:\n    image: x\n    healthcheck: {interval: often}\n", "compose.yaml:4:19: 'services[web].healthcheck.interval' time: invalid duration \"often\""},
		{"neither image nor build", "services:\n  web: {}\n", `compose.yaml:2:3: service "web" has neither an image nor a build context specified`},
		{"no services", "volumes: {}\n", "compose.yaml:1:1: there are no services in it; expected a Compose file with the key services"},
		{"nothing", "", "compose.yaml:1:1: the file is empty; expected at least the key services"},
		{"no YAML", "services: [\n", "compose.yaml:1:11: sequence end token ']' not found"},
		{"another file", "include: [other.yaml]\nservices:\n  web: {image: x}\n", "compose.yaml:1:1: include reads other files; expected a file that stands alone"},
		{"another file of a container", "services:\n  web:\n    image: x\n    env_file: .env\n", "compose.yaml:4:5: env_file reads another file; expected a file that stands alone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, faults := Read("compose.yaml", []byte(c.text), alone())
			if f != nil {
				t.Error("it is taken")
			}
			if diff := cmp.Diff(c.want, faults.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// alone reads a file that stands alone and may name the variable TAG.
func alone() Options {
	return Options{Name: "test", Dir: "/nowhere", Alone: true, Lookup: func(name string) (string, bool) { return "1.0", name == "TAG" }}
}

func TestRead(t *testing.T) {
	f, faults := Read("compose.yaml", []byte(strings.TrimLeft(`
x-common: &common {restart: unless-stopped}
services:
  web:
    <<: *common
    image: docker.io/library/nginx:${TAG}
    ports: ["127.0.0.1:8080:80", {target: 443, published: "8443"}]
  worker:
    <<: *common
    image: docker.io/library/busybox:1.36
    profiles: [extra]
`, "\n")), alone())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if diff := cmp.Diff([]string{"web"}, f.Project.ServiceNames()); diff != "" {
		t.Error(diff)
	}
	web := f.Project.Services["web"]
	if web.Image != "docker.io/library/nginx:1.0" || web.Restart != "unless-stopped" || len(web.Ports) != 2 || web.Ports[1].Target != 443 {
		t.Errorf("got %+v", web)
	}
	if got := f.Fault([]string{"services", "web", "ports", "1", "target"}, document.Flaw{}); got.Line != 6 || got.Column != 35 {
		t.Errorf("the place of a port is %d:%d", got.Line, got.Column)
	}
}

// FuzzRead reads any text. Reading ends with a file or with faults, never with both.
func FuzzRead(f *testing.F) {
	f.Add("services:\n  web:\n    image: x\n    ports: [\"80:80\"]\n")
	f.Add("services:\n  web: &a\n    image: ${TAG:?no}\n  b: {<<: *a, extends: web}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, faults := Read("compose.yaml", []byte(text), alone())
		if (file == nil) == (len(faults) == 0) {
			t.Errorf("file %v, faults %v", file, faults)
		}
	})
}
