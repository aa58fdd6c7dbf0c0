package adoption

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"cairn/internal/document"
	"cairn/internal/golden"
	"cairn/internal/problem"
)

// wrongExamples are Compose files that cannot become services, each for one reason.
// Files beside them follow after a line with their name.
var wrongExamples = []struct{ name, text string }{
	{"no YAML", "services:\n  web: [\n"},
	{"a tab", "services:\n\tweb: {image: \"x:1\"}\n"},
	{"an unknown key", "services:\n  web:\n    imgae: nginx:1.29\n"},
	{"an unknown key of the file", "servces:\n  web: {image: \"nginx:1.29\"}\n"},
	{"no services", "volumes: {data: {}}\n"},
	{"a port in words", "services:\n  web:\n    image: nginx:1.29\n    ports: [\"http:80\"]\n"},
	{"a volume that is not declared", "services:\n  web:\n    image: nginx:1.29\n    volumes: [\"data:/data\"]\n"},
	{"a dependency on no container", "services:\n  web:\n    image: nginx:1.29\n    depends_on: [db]\n"},
	{"an include that is not there", "include: [db/compose.yaml]\nservices:\n  web: {image: \"nginx:1.29\"}\n"},
	{"an extended file that is not there", "services:\n  web:\n    extends: {file: common.yaml, service: web}\n    image: nginx:1.29\n"},
	{"an extended container that is not there", "services:\n  web:\n    extends: wbe\n    image: nginx:1.29\n"},
	{"a variable that must be there", "services:\n  web:\n    image: nginx:1.29\n    environment: {NAME: \"${NAME:?say who you are}\"}\n"},
	{"a variable without a value", "services:\n  web:\n    image: nginx:${TAG}\n"},
	{"a variable of the shell", "services:\n  web:\n    image: nginx:1.29\n    environment: [NAME]\n"},
	{"a variable that cannot be read", "services:\n  web:\n    image: nginx:1.29\n    environment: {URL: \"https://u:hunter2@x/${NAME\"}\n"},
	{"a wrong .env", "services:\n  web: {image: \"nginx:1.29\"}\n-- .env --\nA=1\nthis is hunter2\n"},
	{"an env_file that is not there", "services:\n  web:\n    image: nginx:1.29\n    env_file: web.env\n"},
	{"only profiles", "services:\n  web:\n    image: nginx:1.29\n    profiles: [web]\n"},
	{"the tag latest", "services:\n  web:\n    image: nginx:latest\n"},
	{"no tag", "services:\n  web:\n    image: nginx\n"},
	{"no image", "services:\n  web:\n    image: Nginx:1.29\n"},
	{"an image that is built", "services:\n  web:\n    build: .\n"},
	{"a privileged container", "services:\n  web:\n    image: nginx:1.29\n    privileged: true\n"},
	{"all capabilities", "services:\n  web:\n    image: nginx:1.29\n    cap_add: [NET_ADMIN, ALL]\n"},
	{"the host's network", "services:\n  web:\n    image: nginx:1.29\n    network_mode: host\n"},
	{"the host's processes and memory", "services:\n  web:\n    image: nginx:1.29\n    pid: host\n    ipc: host\n"},
	{"another container's network", "services:\n  web:\n    image: nginx:1.29\n    network_mode: service:vpn\n  vpn: {image: \"vpn:1\"}\n"},
	{"Docker's socket", "services:\n  web:\n    image: nginx:1.29\n    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock:ro\n"},
	{"the host's system", "services:\n  web:\n    image: nginx:1.29\n    volumes:\n      - /:/host\n      - /etc/passwd:/etc/passwd:ro\n"},
	{"a folder that others fill", "services:\n  web:\n    image: nginx:1.29\n    volumes: [\"/srv/photos:/photos:ro\"]\n"},
	{"a file that is not there", "services:\n  web:\n    image: nginx:1.29\n    volumes: [\"./nginx.conf:/etc/nginx/nginx.conf\"]\n"},
	{"a file with a secret", "services:\n  web:\n    image: nginx:1.29\n    volumes: [\"./app.ini:/app.ini:ro\"]\n-- app.ini --\n[db]\npassword = hunter2\n"},
	{"volumes of another container", "services:\n  web:\n    image: nginx:1.29\n    volumes_from: [db]\n  db: {image: \"db:1\"}\n"},
	{"a network drive", "services:\n  web:\n    image: nginx:1.29\n    volumes: [\"media:/media\"]\nvolumes:\n  media:\n    driver_opts: {type: nfs, o: addr=10.0.0.1, device: \":/media\"}\n"},
	{"a secret among arguments", "services:\n  web:\n    image: redis:8\n    command: redis-server --requirepass hunter2\n"},
	{"a secret's variable among arguments", "services:\n  web:\n    image: redis:8\n    command: redis-server --requirepass ${REDIS_PASSWORD}\n-- .env --\nREDIS_PASSWORD=hunter2-and-more\n"},
	{"a secret that is elsewhere", "services:\n  web:\n    image: nginx:1.29\n    environment:\n      API_TOKEN: hunter2-and-more\n      GREETING: it is hunter2-and-more\n"},
	{"a secret's file that is not there", "services:\n  web:\n    image: nginx:1.29\n    secrets: [key]\nsecrets:\n  key: {file: ./key.txt}\n"},
	{"a secret of a swarm", "services:\n  web:\n    image: nginx:1.29\n    secrets: [key]\nsecrets:\n  key: {external: true}\n"},
	{"a configuration of Compose", "services:\n  web:\n    image: nginx:1.29\n    configs: [site]\nconfigs:\n  site: {content: \"x\"}\n"},
	{"two names for one container", "services:\n  web:\n    image: nginx:1.29\n    environment: {DB_HOST: pg, CACHE_URL: \"redis://db:6379\"}\n  db:\n    image: postgres:17\n    container_name: pg\n"},
	{"the old path of Postgres", "services:\n  db:\n    image: postgres:18\n    volumes: [\"db:/var/lib/postgresql/data\"]\nvolumes: {db: {}}\n"},
}

// TestWrong compares what the owner reads about each file with the golden file. No
// secret is among it.
func TestWrong(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	for _, example := range wrongExamples {
		archive := txtar.Parse([]byte("-- compose.yaml --\n" + example.text))
		t.Chdir(unpacked(t, "web", archive.Files))
		p, err := Of("compose.yaml", Options{})
		if err == nil {
			_, err = p.Catalog()
		}
		var faults document.Faults
		if problem.CodeOf(err) != problem.ComposeWrong || !errors.As(err, &faults) {
			t.Errorf("%s is not refused: %v", example.name, err)
			continue
		}
		fmt.Fprintf(&told, "# %s\n%s\n\n", example.name, faults)
	}
	if strings.Contains(told.String(), "hunter2") {
		t.Error("a secret is told")
	}
	golden.Check(t, filepath.Join(here, "testdata/wrong.golden"), told.String())
}

// TestBelow checks that a path beside a folder of the same prefix is not below it.
func TestBelow(t *testing.T) {
	a := &adopter{dir: "/lab/web"}
	for path, want := range map[string]bool{"/lab/web/data": true, "/lab/web": true, "/lab/webs": false, "/lab": false, "/lab/web/..data": true} {
		if _, below := a.below(path); below != want {
			t.Errorf("%s: %v", path, below)
		}
	}
}

// FuzzPropose reads any text. A proposal that nothing stops is a right service.
func FuzzPropose(f *testing.F) {
	for _, example := range wrongExamples {
		text, _, _ := strings.Cut(example.text, "-- ")
		f.Add(text)
	}
	examples, err := filepath.Glob("testdata/good/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, example := range examples {
		archive, err := txtar.ParseFile(example)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		p, faults := propose("compose.yaml", dir, []byte(text), Options{Name: "web"})
		if (p == nil) == (len(faults) == 0) {
			t.Fatalf("proposal %v, faults %v", p, faults)
		}
		if p == nil {
			return
		}
		if _, err := p.Catalog(); err != nil && problem.CodeOf(err) != problem.ComposeWrong {
			t.Errorf("%v: %v", err, errors.Unwrap(err))
		}
	})
}
