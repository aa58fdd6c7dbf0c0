package lab

import (
	"encoding/json"
	"strconv"
	"strings"
)

// schemaID names the schema for editors that show it. Nothing is fetched from
// there.
const schemaID = "https://cairn.invalid/lab.schema.json"

// Schema is the JSON Schema of lab files, draft-07, as most editors understand
// it. It knows every key, option and form, but not how values must fit together:
// for that there is [Parse]. It is the same bytes every time.
func Schema() []byte {
	s := schemaOf(labShape())
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["$id"] = schemaID
	s["title"] = "Cairn lab file"
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("lab: a schema of strings and numbers cannot fail to encode: " + err.Error())
	}
	return append(body, '\n')
}

// schemaOf is the schema of a shape. encoding/json writes the keys of a map in
// order, so the result is always the same.
func schemaOf(s *shape) map[string]any {
	var schema map[string]any
	switch s.kind {
	case list:
		schema = map[string]any{"type": orNothing("array", s), "items": schemaOf(s.item), "uniqueItems": true}
		if s.atLeast > 0 {
			schema["minItems"] = s.atLeast
		}
	case mapping:
		schema = mappingSchema(s)
	case boolean:
		schema = map[string]any{"type": "boolean"}
	default:
		schema = scalarSchema(s)
	}
	if s.orElse != nil {
		return map[string]any{"oneOf": []any{schema, schemaOf(s.orElse)}}
	}
	return schema
}

// orNothing is the type of a list or mapping, which may be left empty where
// nothing has to be in it.
func orNothing(kind string, s *shape) any {
	if s.atLeast == 0 && !s.needsKeys() {
		return []string{kind, "null"}
	}
	return kind
}

func mappingSchema(s *shape) map[string]any {
	schema := map[string]any{"type": orNothing("object", s)}
	if s.atLeast > 0 {
		schema["minProperties"] = s.atLeast
	}
	if s.names != nil {
		schema["propertyNames"] = map[string]any{"pattern": s.names.pattern}
		schema["additionalProperties"] = schemaOf(s.item)
		return schema
	}
	properties := map[string]any{}
	var required []string
	for _, k := range s.keys {
		properties[k.name] = keySchema(k)
		switch {
		case k.unless != "":
			schema["anyOf"] = []any{map[string]any{"required": []string{k.name}}, map[string]any{"required": []string{k.unless}}}
		case k.required:
			required = append(required, k.name)
		}
	}
	schema["properties"] = properties
	schema["additionalProperties"] = s.open
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// keySchema is the schema of a key's value, with what editors show of it.
func keySchema(k key) map[string]any {
	schema := schemaOf(k.shape)
	schema["description"] = strings.ReplaceAll(k.doc, "`", "")
	if value, is := defaultOf(k); is {
		schema["default"] = value
	}
	return schema
}

// defaultOf is the default of a scalar, where the reference page gives it as a
// value and not in words.
func defaultOf(k key) (any, bool) {
	value := strings.Trim(k.fallback, "`")
	if code(value) != k.fallback || k.shape.form == nil || k.shape.form.inspect(value) != nil {
		return nil, false
	}
	if k.shape.kind != integer {
		return value, true
	}
	number, err := strconv.ParseInt(value, 10, 64)
	return number, err == nil
}

func scalarSchema(s *shape) map[string]any {
	f := s.form
	schema := map[string]any{"type": "string"}
	if f.example != "" {
		schema["examples"] = []any{f.example}
	}
	switch {
	case s.kind == integer:
		return map[string]any{"type": "integer", "minimum": f.min, "maximum": f.max}
	case len(f.options) > 0:
		schema["enum"] = f.options
	case f.pattern != "":
		schema["pattern"] = f.pattern
	}
	return schema
}
