package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cairn/internal/document"
	"cairn/internal/golden"
)

// starterState is the state folder of the starter lab, as Init would make it.
const starterState = "../../examples/starter/.cairn/"

func TestSchemaIsUpToDate(t *testing.T) {
	golden.Check(t, starterState+SchemaName, Schema())
	golden.Check(t, starterState+".gitignore", []byte(gitignore))
	if !bytes.Equal(Schema(), Schema()) {
		t.Error("the schema is not the same every time")
	}
}

func TestReferenceIsUpToDate(t *testing.T) {
	golden.Check(t, "../../docs/reference/lab-file.md", Reference())
}

func TestEveryKeyIsDocumented(t *testing.T) {
	eachKey(labShape(), "", func(path string, k document.Key) {
		if k.Doc == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: no sentence about it", path)
		}
		if !strings.Contains(string(Reference()), "| `"+k.Name+"` |") {
			t.Errorf("%s: not in the reference page", path)
		}
		if f := k.Shape.Form; f != nil && f.Example != "" && misshapen(&document.Node{Kind: k.Shape.Kind, Text: f.Example}, k.Shape) {
			t.Errorf("%s: its example %s is not of its form", path, f.Example)
		}
	})
}

func misshapen(n *document.Node, s *document.Shape) bool {
	faults, _ := dialect.Inspect(n, s)
	return len(faults) > 0
}

// eachKey calls a function for every key.
func eachKey(s *document.Shape, path string, each func(string, document.Key)) {
	for _, k := range s.Keys {
		each(document.Join(path, k.Name), k)
		eachKey(k.Shape, document.Join(path, k.Name), each)
	}
	for _, below := range []*document.Shape{s.Item, s.OrElse} {
		if below != nil {
			eachKey(below, path, each)
		}
	}
}

// TestSchemaAgrees compares the examples with the schema. What Parse accepts,
// editors must not mark as wrong.
func TestSchemaAgrees(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	valid, err := filepath.Glob("testdata/valid/*.yaml")
	if err != nil || len(valid) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, path := range append(valid, "../../examples/starter/lab.yaml") {
		if found := violations(schema, exampleValue(t, path), ""); len(found) > 0 {
			t.Errorf("%s: %s", path, strings.Join(found, "; "))
		}
	}
	for _, name := range []string{"unknown-keys", "wrong-types", "missing-keys", "choice-option", "host-names", "user-forms", "open-forms"} {
		path := "testdata/invalid/" + name + ".yaml"
		if found := violations(schema, exampleValue(t, path), ""); len(found) == 0 {
			t.Errorf("%s: the schema finds nothing wrong", path)
		}
	}
}

// exampleValue is an example as JSON has it.
func exampleValue(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	root, _ := dialect.Read(data)
	body, err := json.Marshal(document.Plain(root))
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// violations checks a value against the part of JSON Schema that Schema uses.
func violations(schema map[string]any, value any, path string) []string {
	if options, is := schema["oneOf"].([]any); is {
		return violationsOfOne(options, value, path)
	}
	if kinds := typesOf(schema); !slices.ContainsFunc(kinds, func(kind string) bool { return isOfType(value, kind) }) {
		return []string{fmt.Sprintf("%s: %v is none of %v", path, value, kinds)}
	}
	switch value := value.(type) {
	case map[string]any:
		return violationsOfObject(schema, value, path)
	case []any:
		var found []string
		for i, item := range value {
			found = append(found, violations(schema["items"].(map[string]any), item, fmt.Sprintf("%s[%d]", path, i))...)
		}
		if least, is := schema["minItems"].(float64); is && len(value) < int(least) {
			found = append(found, path+": too few items")
		}
		return found
	case string:
		return violationsOfText(schema, value, path)
	case float64:
		if value < schema["minimum"].(float64) || value > schema["maximum"].(float64) {
			return []string{path + ": out of bounds"}
		}
	}
	return nil
}

func violationsOfOne(options []any, value any, path string) []string {
	matching := 0
	for _, o := range options {
		if len(violations(o.(map[string]any), value, path)) == 0 {
			matching++
		}
	}
	if matching == 1 {
		return nil
	}
	return []string{fmt.Sprintf("%s: fits %d of %d ways", path, matching, len(options))}
}

func violationsOfText(schema map[string]any, value, path string) []string {
	if options, is := schema["enum"].([]any); is && !slices.Contains(options, any(value)) {
		return []string{path + ": not one of the options"}
	}
	if pattern, is := schema["pattern"].(string); is && !regexp.MustCompile(pattern).MatchString(value) {
		return []string{path + ": does not match " + pattern}
	}
	return nil
}

func violationsOfObject(schema, value map[string]any, path string) []string {
	var found []string
	properties, _ := schema["properties"].(map[string]any)
	names, named := schema["propertyNames"].(map[string]any)
	for name, v := range value {
		at := document.Join(path, name)
		if named {
			found = append(found, violationsOfText(names, name, at)...)
		}
		switch others := schema["additionalProperties"].(type) {
		case map[string]any:
			found = append(found, violations(others, v, at)...)
		case bool:
			if below, known := properties[name].(map[string]any); known {
				found = append(found, violations(below, v, at)...)
			} else if !others {
				found = append(found, at+": unknown")
			}
		}
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, there := value[name.(string)]; !there {
			found = append(found, document.Join(path, name.(string))+": missing")
		}
	}
	return found
}

func typesOf(schema map[string]any) []string {
	if one, is := schema["type"].(string); is {
		return []string{one}
	}
	var kinds []string
	for _, kind := range schema["type"].([]any) {
		kinds = append(kinds, kind.(string))
	}
	return kinds
}

func isOfType(value any, kind string) bool {
	switch value := value.(type) {
	case nil:
		return kind == "null"
	case map[string]any:
		return kind == "object"
	case []any:
		return kind == "array"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "integer" && value == float64(int64(value))
	}
	return false
}
