package cli

import (
	"encoding"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/internal/engine"
	"cairn/internal/golden"
	"cairn/internal/rehearse"
	"cairn/internal/roadmap"
)

const jsonPage = "../../docs/reference/json.md"

// results are what the commands write with -o json, by command line.
var results = map[string]any{
	"cairn init": initResult{}, "cairn validate": validateResult{}, "cairn plan": engine.Plan{}, "cairn up": engine.UpReport{}, "cairn check": engine.CheckReport{},
	"cairn status": engine.Status{}, "cairn explain": engine.Explanation{}, "cairn explain CODE": explainedCode{}, "cairn task list": taskList{},
	"cairn task show": engine.Explanation{}, "cairn task plan": engine.CaseTurn{}, "cairn task unplan": engine.CaseTurn{}, "cairn task done": engine.CaseTurn{},
	"cairn task attest": engine.CaseTurn{}, "cairn case show": engine.CaseTree{}, "cairn case history": caseHistory{}, "cairn case suspend": engine.CaseTurn{},
	"cairn case resume": engine.CaseTurn{}, "cairn case reactivate": engine.CaseTurn{}, "cairn case close": engine.CaseTurn{},
	"cairn host add": metHost{}, "cairn host release": engine.ReleaseReport{}, "cairn rehearse": rehearse.WalkReport{}, "cairn rehearse --sweep": sweepResult{},
	"cairn service list": serviceList{}, "cairn service show": shownService{}, "cairn service add": changedService{}, "cairn service add --compose --dry-run": proposedServices{}, "cairn service remove": changedService{},
	"cairn service logs": serviceLog{}, "cairn service restart": engine.RestartReport{}, "cairn service open": openedService{}, "cairn names": nameList{},
	"cairn service outdated": outdatedList{}, "cairn service upgrade": imageChanges{}, "cairn service rollback": imageChanges{},
	"cairn export roadmap": roadmap.Roadmap{}, "cairn version": versionInfo{},
	"cairn secret list": secretList{}, "cairn secret set": secretChange{}, "cairn secret get": secretValue{}, "cairn secret rotate": secretChange{},
	"cairn secret rewrap": rewrapReport{}, "cairn secret escrow": escrowReport{},
}

// silent are the commands that write no result, or one in a format of its own.
var silent = []string{"cairn case simulate", "cairn host forget", "cairn host purge", "cairn export diagram", "cairn export evidence", "cairn export schema", "cairn help"}

// TestEveryResultIsDescribed makes sure that a new command describes its output.
func TestEveryResultIsDescribed(t *testing.T) {
	for _, cmd := range runnable(newRoot(newScreen(Streams{}))) {
		if _, described := results[cmd.CommandPath()]; !described && !slices.Contains(silent, cmd.CommandPath()) && !strings.HasPrefix(cmd.CommandPath(), "cairn completion") {
			t.Errorf("%s: its JSON result is not in the list", cmd.CommandPath())
		}
	}
}

func TestJSONPageIsUpToDate(t *testing.T) {
	d := &describer{known: map[reflect.Type]string{}, sources: map[string]map[string]*ast.StructType{}}
	golden.Check(t, jsonPage, d.page(t))
}

// describer makes the page from the Go types and the comments in their sources.
type describer struct {
	known   map[reflect.Type]string // the heading of each type so far
	order   []reflect.Type
	sources map[string]map[string]*ast.StructType
}

func (d *describer) page(t *testing.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# JSON

Made from the Go types; do not edit. With `+"`-o json`"+` a command writes one object. With `+"`-o ndjson`"+` it writes an object a line: first events,
as they happen, and last a result or an error. Of other lines `+"`type`"+` says which event it is.

Each object has `+"`format`"+`: the version of these formats, which is %d. It goes up when a key goes away or changes its meaning. A new
key does not change it, so a program must pass over keys that it does not know. Times are those of RFC 3339.

`+"`cairn case simulate`, `cairn export evidence` and `cairn export schema`"+` have formats of their own: states of a case, the sealed records of
evidence as they are hashed, and JSON Schema.

| command | what it writes |
|---|---|
`, jsonVersion)
	var commands []string
	for command := range results {
		commands = append(commands, command)
	}
	slices.Sort(commands)
	for _, command := range commands {
		fmt.Fprintf(&b, "| `%s` | %s |\n", command, d.typeName(t, reflect.TypeOf(results[command])))
	}
	fmt.Fprintf(&b, "| every command, line by line | %s |\n", d.typeName(t, reflect.TypeOf(engine.Event{})))
	fmt.Fprintf(&b, "| every command, last line | %s |\n", d.typeName(t, reflect.TypeOf(resultLine{})))
	fmt.Fprintf(&b, "| a command that fails | %s |\n", d.typeName(t, reflect.TypeOf(failure{})))
	for i := 0; i < len(d.order); i++ {
		d.describe(t, &b, d.order[i])
	}
	return b.String()
}

var (
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
)

// typeName names a type, and notes it for a description.
func (d *describer) typeName(t *testing.T, of reflect.Type) string {
	switch {
	case of == reflect.TypeFor[time.Time]():
		return "time"
	case of == reflect.TypeFor[time.Duration]():
		return "whole number, nanoseconds"
	case of.Implements(textMarshaler):
		return "text"
	case of.Implements(jsonMarshaler) && of.Kind() != reflect.Pointer:
		return "any value"
	}
	switch of.Kind() {
	case reflect.Pointer:
		return d.typeName(t, of.Elem())
	case reflect.Slice:
		return "list of: " + d.typeName(t, of.Elem())
	case reflect.Map:
		return "by name: " + d.typeName(t, of.Elem())
	case reflect.Struct:
		name, met := d.known[of]
		if !met {
			name = d.heading(of)
			d.known[of] = name
			d.order = append(d.order, of)
		}
		return fmt.Sprintf("[%s](#%s)", name, strings.ReplaceAll(name, ".", ""))
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Interface:
		return "any value"
	case reflect.Float32, reflect.Float64:
		return "number"
	}
	return "whole number"
}

func (d *describer) heading(of reflect.Type) string {
	return strings.ToLower(filepath.Base(of.PkgPath()) + "." + of.Name())
}

func (d *describer) describe(t *testing.T, b *strings.Builder, of reflect.Type) {
	fmt.Fprintf(b, "\n## <a id=\"%s\"></a>%s\n\n| key | value | what it is |\n|---|---|---|\n", strings.ReplaceAll(d.heading(of), ".", ""), d.heading(of))
	d.fields(t, b, of)
}

// snake matches the form of all keys.
var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

func (d *describer) fields(t *testing.T, b *strings.Builder, of reflect.Type) {
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			d.fields(t, b, field.Type)
			continue
		}
		tag, _ := field.Tag.Lookup("json")
		key, options, _ := strings.Cut(tag, ",")
		if !field.IsExported() || key == "-" {
			continue
		}
		if !snake.MatchString(key) {
			t.Errorf("%s.%s is written as %q", d.heading(of), field.Name, key)
		}
		what := d.comment(t, of, field.Name)
		if strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
			what = strings.TrimSpace(what + " (left out when empty)")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", key, d.typeName(t, field.Type), what)
	}
}

// comment is a field's comment in the source.
func (d *describer) comment(t *testing.T, of reflect.Type, name string) string {
	if d.sources[of.PkgPath()] == nil {
		d.sources[of.PkgPath()] = structsOf(t, filepath.Join("..", "..", strings.TrimPrefix(of.PkgPath(), "cairn/")))
	}
	source := d.sources[of.PkgPath()][of.Name()]
	if source == nil {
		t.Fatalf("no source of %s", of)
	}
	for _, field := range source.Fields.List {
		for _, id := range field.Names {
			if id.Name == name {
				text := strings.Join(strings.Fields(field.Doc.Text()+" "+field.Comment.Text()), " ")
				return strings.ReplaceAll(text, "|", "\\|")
			}
		}
	}
	return ""
}

func structsOf(t *testing.T, dir string) map[string]*ast.StructType {
	t.Helper()
	found := map[string]*ast.StructType{}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if body, ok := spec.Type.(*ast.StructType); ok {
					found[spec.Name.Name] = body
				}
			}
			return true
		})
	}
	return found
}
