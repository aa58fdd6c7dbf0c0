package catalog

import (
	"bytes"
	"fmt"
	"strings"

	"cairn/internal/document"
)

// schemaID is the schema's name, which editors show. Nothing is fetched from it.
const schemaID = "https://cairn.invalid/service.schema.json"

// Schema returns the JSON Schema of service.yaml (draft-07). The bytes are always
// the same.
func Schema() []byte { return document.JSONSchema(serviceShape(), schemaID, "Cairn catalog service") }

// Reference returns the reference page of service.yaml and of services, in
// Markdown. The bytes are always the same for the same services.
func Reference(services []*Service) []byte {
	var b bytes.Buffer
	b.WriteString(referenceHead)
	b.WriteString("## The services\n\n| service | version | task | memory | disk | licence | tested |\n|---|---|---|---|---|---|---|\n")
	for _, s := range services {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %s | %s |\n", s.Name, s.Name, s.Version(), orDash(s.Task), s.Needs.Memory, s.Needs.Disk, s.Licence, s.Proof)
	}
	b.WriteString("\n")
	for _, s := range services {
		s.section(&b)
	}
	b.Write(document.Tables("`service.yaml`", serviceShape()))
	return b.Bytes()
}

const referenceHead = `# The catalog

<!-- Generated from internal/catalog and catalog/. Do not edit: run go test ./internal/catalog -update -->

A service is a folder with ` + "`service.yaml`, a plain `compose.yaml`" + ` and templates of its configuration. The services below come with Cairn. A
folder ` + "`catalog/`" + ` beside your ` + "`lab.yaml`" + ` can hold more. A service there replaces one of the same name here.

` + "`cairn service list` shows the services, and `cairn service add NAME`" + ` puts one into lab.yaml.

`

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// section writes everything about one service.
func (s *Service) section(b *bytes.Buffer) {
	fmt.Fprintf(b, "### %s\n\n%s%s. [Documentation](%s)\n\n", s.Name, strings.ToUpper(s.Summary[:1]), s.Summary[1:], s.Website)
	if d := s.Deprecated; d != nil {
		fmt.Fprintf(b, "**Deprecated** since %s: %s.", d.Since, d.Reason)
		if d.Instead != "" {
			fmt.Fprintf(b, " Choose [%s](#%s) instead.", d.Instead, d.Instead)
		}
		b.WriteString("\n\n")
	}
	for _, line := range s.Lines() {
		fmt.Fprintf(b, "- %s\n", line)
	}
	b.WriteString("\n")
	if len(s.Options) > 0 {
		b.WriteString("| option | value | without it | meaning |\n|---|---|---|---|\n")
		for _, o := range s.Options {
			fmt.Fprintf(b, "| `%s` | %s | `%s` | %s. |\n", o.Name, o.Kind, o.Default, o.Doc)
		}
		b.WriteString("\n")
	}
}

// Lines describes the facets of a service in Markdown, one line for each.
func (s *Service) Lines() (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, name := range s.Compose.ServiceNames() {
		add("Container `%s`: `%s`", name, s.Compose.Services[name].Image)
	}
	for _, r := range s.Routes {
		add("Route `%s.DOMAIN`: %s%s", r.Name, logins[r.Login], openPaths(r.Open))
	}
	for _, p := range s.Ports {
		add("Port %d/%s: %s", p.Number, p.Protocol, p.Reason)
	}
	if s.Metrics != nil {
		add("Metrics: port %d, `%s`", s.Metrics.Port, s.Metrics.Path)
	}
	for _, d := range s.Data {
		add("Data `%s`: %s%s", d.Volume, d.Reason, backups(d))
	}
	for _, x := range s.Secrets {
		add("Secret `%s`: %s%s", x.Name, x.Reason, secretNotes(x))
	}
	for _, h := range s.Hooks {
		add("After the start `%s`: %s", h.Name, h.Reason)
	}
	for _, e := range s.Exceptions {
		add("Exception for `%s`: %s (%s)", e.Container, strings.Join(e.words(), ", "), e.Reason)
	}
	if len(s.Uses) > 0 {
		add("Uses: %s", strings.Join(s.Uses, ", "))
	}
	if s.Egress {
		add("Its containers may reach the internet")
	}
	return lines
}

// logins say who asks for a login.
var logins = map[Login]string{LoginNone: "no login", LoginOwn: "a login of its own", LoginForward: "the lab's login"}

func openPaths(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	return ", but not for `" + strings.Join(paths, "`, `") + "`"
}

// backups says how data is backed up, or "" if its files are just copied.
func backups(d Data) string {
	switch {
	case len(d.Dump) > 0:
		return "; backed up as a dump"
	case d.Quiesce == QuiesceStop:
		return "; stopped for a backup"
	case d.Quiesce == QuiescePause:
		return "; paused for a backup"
	}
	return ""
}

// secretNotes says what the owner should know about a secret.
func secretNotes(s Secret) string {
	notes := ""
	if s.Form == "given" {
		notes += "; you give it"
	}
	if s.Escrow {
		notes += "; a restore needs it"
	}
	if s.Variable != "" {
		notes += "; a variable, so `docker inspect` shows it"
	}
	return notes
}

// words say what an exception allows.
func (e Exception) words() (words []string) {
	if e.Writable {
		words = append(words, "writable root")
	}
	if e.Privileges {
		words = append(words, "gain of privileges")
	}
	if e.Socket {
		words = append(words, "Docker's socket, filtered")
	}
	return append(words, e.Capabilities...)
}
