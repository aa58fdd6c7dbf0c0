package catalog

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cairn/internal/document"
	"cairn/internal/golden"
	"cairn/internal/problem"
)

// wrongExamples are a right service with one mistake each, as an owner would make
// it.
var wrongExamples = []struct{ name, file, old, new string }{
	{"an unknown key", "notes/service.yaml", "summary:", "sumary:"},
	{"an unknown key of a facet", "notes/service.yaml", "health: /health", "helth: /health"},
	{"another name than the folder", "notes/service.yaml", "service: notes", "service: note"},
	{"no memory", "notes/service.yaml", "memory: 256MiB, ", ""},
	{"memory in decimal units", "notes/service.yaml", "256MiB", "256MB"},
	{"a container that is not there", "notes/service.yaml", "{port: 9100}", "{port: 9100, container: exporter}"},
	{"a misspelled main container", "notes/service.yaml", "licence: MIT", "main: note\nlicence: MIT"},
	{"no main container", "notes/compose.yaml", "  notes:\n    image: docker.io/example", "  server:\n    image: docker.io/example"},
	{"a task without a stage", "notes/service.yaml", "licence: MIT", "task: monitoring\nlicence: MIT"},
	{"a licence that is none", "notes/service.yaml", "licence: MIT", "licence: free for all!"},
	{"a website without TLS", "notes/service.yaml", "https://notes.example/docs", "http://notes.example"},
	{"an unknown login", "notes/service.yaml", "login: own", "login: oauth"},
	{"a health path that is no path", "notes/service.yaml", "health: /health", "health: health"},
	{"a port beyond all ports", "notes/service.yaml", "port: 8080, health", "port: 80800, health"},
	{"a port without protocol", "notes/service.yaml", "2222/tcp", `"2222"`},
	{"the same port twice", "notes/service.yaml", "  - {port: 2222/tcp, target: 22, reason: its git server}", "  - {port: 2222/tcp, target: 22, reason: its git server}\n  - {port: 2222/tcp, target: 23, reason: the same}"},
	{"ports without egress", "notes/service.yaml", "egress: true", "egress: false"},
	{"a volume that compose does not have", "notes/service.yaml", "  notes: {reason: all notes", "  note: {reason: all notes"},
	{"a volume that is not backed up", "notes/service.yaml", "  db: {reason: its database, dump: [pg_dump, -U, notes, notes]}\n", ""},
	{"an empty dump", "notes/service.yaml", "dump: [pg_dump, -U, notes, notes]", "dump: []"},
	{"a secret of an unknown form", "notes/service.yaml", "form: hex", "form: hexadecimal"},
	{"an authority's secret without an authority", "notes/service.yaml", "form: hex", "form: authority"},
	{"a length for a secret that is given", "notes/service.yaml", "form: hex", "form: given, length: 20"},
	{"a short secret", "notes/service.yaml", "form: hex", "length: 8"},
	{"two secrets in one variable", "notes/service.yaml", "{reason: the first login}", "{reason: the first login, variable: SESSION_KEY}"},
	{"a default of another kind", "notes/service.yaml", `default: "5"`, "default: five"},
	{"a yes-no default in words", "notes/service.yaml", `default: "false"`, `default: "no"`},
	{"a hook that is done each time", "notes/service.yaml", ", unless: [notes, admin, exists]", ""},
	{"a capability with its prefix", "notes/service.yaml", "{writable: true,", "{capabilities: [CAP_CHOWN],"},
	{"an exception without a reason", "notes/service.yaml", ", reason: it writes beside its data", ""},
	{"an exception for no container", "notes/service.yaml", "exceptions:\n  db", "exceptions:\n  database"},
	{"a service that is not in the catalog", "notes/service.yaml", "licence: MIT", "uses: [postgresq]\nlicence: MIT"},
	{"a deprecation without a day", "notes/service.yaml", "licence: MIT", "deprecated: {reason: it is gone}\nlicence: MIT"},
	{"the tag latest", "notes/compose.yaml", "notes:1.2.3", "notes:latest"},
	{"an image without a registry", "notes/compose.yaml", "docker.io/example/notes", "example/notes"},
	{"an image with a digest", "notes/compose.yaml", "notes:1.2.3", "notes:1.2.3@sha256:0000000000000000000000000000000000000000000000000000000000000000"},
	{"an image that is built", "notes/compose.yaml", "    image: docker.io/example/notes:1.2.3", "    build: ."},
	{"a published port", "notes/compose.yaml", "    depends_on: [db]", "    ports: [\"8080:8080\"]\n    depends_on: [db]"},
	{"a privileged container", "notes/compose.yaml", "    depends_on: [db]", "    privileged: true\n    depends_on: [db]"},
	{"the host's network", "notes/compose.yaml", "    depends_on: [db]", "    network_mode: host\n    depends_on: [db]"},
	{"Docker's socket", "notes/compose.yaml", "      - notes:/data", "      - notes:/data\n      - /var/run/docker.sock:/var/run/docker.sock"},
	{"a folder of the host", "notes/compose.yaml", "      - notes:/data", "      - /srv/notes:/data"},
	{"a template that is written", "notes/compose.yaml", ":/etc/notes.ini:ro", ":/etc/notes.ini"},
	{"a volume without a name", "notes/compose.yaml", "      - notes:/data", "      - notes:/data\n      - /cache"},
	{"a secret in the open", "notes/compose.yaml", "      TZ: ${TIMEZONE}", "      DB_PASSWORD: hunter2hunter2"},
	{"a secret that is not declared", "notes/compose.yaml", "    secrets: [admin-password]", "    secrets: [admin-password, other]\n    # below\n"},
	{"a secret from another file", "notes/compose.yaml", "./secrets/admin-password", "/etc/password"},
	{"an unknown variable", "notes/compose.yaml", "${OPTION_TITLE}", "${OPTION_TITEL}"},
	{"a variable that cannot be read", "notes/compose.yaml", "${OPTION_TITLE}", "${OPTION TITLE}"},
	{"an unknown key of Compose", "notes/compose.yaml", "healthcheck", "healtcheck"},
	{"a dependency on no container", "notes/compose.yaml", "depends_on: [db]", "depends_on: [database]"},
	{"two containers without a limit", "notes/compose.yaml", "    mem_limit: 128m\n", ""},
	{"limits beyond the memory", "notes/compose.yaml", "mem_limit: 128m", "mem_limit: 1g"},
	{"a fixed container name", "notes/compose.yaml", "    depends_on: [db]", "    container_name: notes\n    depends_on: [db]"},
	{"a file that is included", "notes/compose.yaml", "services:\n", "include: [other.yaml]\nservices:\n"},
	{"a Compose file that is no YAML", "notes/compose.yaml", "services:\n", "services: [\n"},
	{"a service.yaml that is no YAML", "notes/service.yaml", "service: notes", `service: "notes`},
	{"an unknown route in a template", "notes/config/notes.ini", `route "notes"`, `route "note"`},
	{"an unknown option in a template", "notes/config/notes.ini", `option "users"`, `option "user"`},
	{"an unknown secret in a template", "notes/config/notes.ini", `secret "admin-password"`, `secret "password"`},
	{"an unknown option in a condition", "notes/config/notes.ini", `option "public"`, `option "pubic"`},
	{"an unknown value in a template", "notes/config/notes.ini", ".Timezone", ".TimeZone"},
	{"a name without quotes in a template", "notes/config/notes.ini", `option "users"`, "option users"},
	{"a loop in a template", "notes/config/notes.ini", "zone = {{.Timezone}}", "{{range .Routes}}x{{end}}"},
	{"a template that does not end", "notes/config/notes.ini", "{{end}}", ""},
}

// TestWrong compares what the owner reads about each mistake with the golden file.
func TestWrong(t *testing.T) {
	var told strings.Builder
	for _, example := range wrongExamples {
		files := rightExample(t)
		text := strings.Replace(files[example.file], example.old, example.new, 1)
		if text == files[example.file] {
			t.Errorf("%s: there is no %q in %s", example.name, example.old, example.file)
		}
		files[example.file] = text
		_, err := readAll(inMemory(files))
		var faults document.Faults
		if problem.CodeOf(err) != problem.CatalogWrong || !errors.As(err, &faults) {
			t.Errorf("%s is not refused: %v", example.name, err)
			continue
		}
		fmt.Fprintf(&told, "# %s\n%s\n\n", example.name, faults)
	}
	golden.Check(t, "testdata/wrong.golden", []byte(told.String()))
}
