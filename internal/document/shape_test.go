package document

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/problem"
)

// The documents of these tests have a kind that no package uses. So these tests do
// not depend on the lab file.
var (
	serviceDialect = Dialect{
		Name: "a service", MaxBytes: 1 << 10, MaxDepth: 8, MaxValues: 50, DuplicateKeys: true,
		Codes: Codes{MissingKey: problem.LabMissingKey},
	}
	portForm = &Form{Name: "a port with its protocol", Example: "443/tcp", Pattern: `^[0-9]+/(tcp|udp)$`, Check: func(text string) *Flaw {
		if strings.Contains(text, "/") {
			return nil
		}
		return &Flaw{Suggestion: text + "/tcp"}
	}}
	serviceShape = Keyed(
		Key{Name: "service", Required: true, Shape: Words(&Form{Name: "a name", Example: "whoami", Pattern: `^[a-z]+$`}), Doc: "Its name."},
		Key{Name: "kind", Fallback: "`web`", Shape: Words(&Form{Name: "a kind", Options: []string{"web", "queue"}}), Doc: "What it is."},
		Key{Name: "ports", Shape: NonEmpty(ListOf(Words(portForm)), "nobody could reach it"), Doc: "Where it answers."},
		Key{Name: "copies", Shape: Number(&Form{Name: "a number of copies", Min: 1, Max: 9}), Doc: "How many run."},
	)
)

func TestDocumentOfAShape(t *testing.T) {
	const text = `sevice: whoami
kind: quue
ports: [443, 53/udp, 53/udp]
copies: "3"
`
	root, faults := serviceDialect.Read([]byte(text))
	misshapen, bad := serviceDialect.Inspect(root, serviceShape)
	got := append(faults, misshapen...).In("service.yaml").Error()
	want := strings.Join([]string{
		"service.yaml:1:1: unknown key \"sevice\" at the top level; expected one of service, kind, ports, copies; did you mean `service`?",
		"service.yaml:1:1: the key \"service\" is missing at the top level; expected a name such as whoami",
		"service.yaml:2:7: \"quue\" is not one of the options; expected one of web, queue; did you mean `queue`?",
		"service.yaml:3:9: ports[0] holds a whole number; expected a port with its protocol such as 443/tcp; did you mean `443/tcp`?",
		"service.yaml:3:22: \"53/udp\" is in the list twice",
		"service.yaml:4:9: copies holds text; expected a number of copies; did you mean `3`?",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !bad[root.Get("kind")] || bad[root.Get("ports").Items[1]] {
		t.Error("which values have a fault is not told")
	}
}

// A form that refuses its own suggestion must make none, and must not be asked for ever.
func TestSuggestionThatIsNoBetter(t *testing.T) {
	longer := &Form{Name: "something else", Check: func(text string) *Flaw { return &Flaw{Suggestion: text + "x"} }}
	if found := longer.Inspect("a"); found == nil || found.Suggestion != "" {
		t.Errorf("%+v", found)
	}
}

// Faults must have the codes of their kind of document.
func TestCodesAreTheDialects(t *testing.T) {
	root, _ := serviceDialect.Read([]byte("kind: 7\n"))
	faults, _ := serviceDialect.Inspect(root, serviceShape)
	var codes []problem.Code
	for _, f := range faults {
		codes = append(codes, f.Code)
	}
	if diff := cmp.Diff([]problem.Code{"", problem.LabMissingKey}, codes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadNamesItsKindOfDocument(t *testing.T) {
	for text, want := range map[string]string{
		"a: 1\n---\nb: 2\n": "s:3:2: a service is one document, but a second one begins here",
		"a: !x 1\n":         "s:1:4: tags such as \"!x\" are not used in a service",
		"a: &a [1, 2, 3, 4, 5, 6, 7, 8]\n" + "b: [*a, *a, *a, *a, *a, *a]\n": "s:2:4: with its aliases the file has more than 50 values",
	} {
		_, faults := serviceDialect.Read([]byte(text))
		if got := faults.In("s").Error(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestPagesOfAShape(t *testing.T) {
	schema := string(JSONSchema(serviceShape, "https://example.invalid/service.json", "A service"))
	for _, words := range []string{`"$id": "https://example.invalid/service.json"`, `"title": "A service"`, `"default": "web"`, `"maximum": 9`} {
		if !strings.Contains(schema, words) {
			t.Errorf("the schema lacks %s:\n%s", words, schema)
		}
	}
	tables := string(Tables("A service", serviceShape))
	if want := "| `kind` | `web`, `queue` | `web` | What it is. |\n"; !strings.Contains(tables, want) {
		t.Errorf("the tables lack %q:\n%s", want, tables)
	}
}
