package document

import (
	"encoding/json"
	"strconv"
	"strings"
)

// JSONSchema returns the JSON Schema for documents of a shape. It is draft-07,
// which most editors understand. The bytes are the same every time.
func JSONSchema(of *Shape, id, title string) []byte {
	s := schemaOf(of)
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["$id"] = id
	s["title"] = title
	body, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("document: cannot encode the schema: " + err.Error())
	}
	return append(body, '\n')
}

// schemaOf returns the schema of a shape. encoding/json sorts the keys of a
// map, so the result is always the same.
func schemaOf(s *Shape) map[string]any {
	var schema map[string]any
	switch s.Kind {
	case List:
		schema = map[string]any{"type": orNothing("array", s), "items": schemaOf(s.Item), "uniqueItems": !s.Repeats}
		if s.AtLeast > 0 {
			schema["minItems"] = s.AtLeast
		}
	case Mapping:
		schema = mappingSchema(s)
	case Boolean:
		schema = map[string]any{"type": "boolean"}
	default:
		schema = scalarSchema(s)
	}
	if s.OrElse != nil {
		return map[string]any{"oneOf": []any{schema, schemaOf(s.OrElse)}}
	}
	return schema
}

// orNothing returns the type of a list or mapping. It may also be null if
// nothing in it is required.
func orNothing(kind string, s *Shape) any {
	if s.AtLeast == 0 && !s.needsKeys() {
		return []string{kind, "null"}
	}
	return kind
}

func mappingSchema(s *Shape) map[string]any {
	schema := map[string]any{"type": orNothing("object", s)}
	if s.AtLeast > 0 {
		schema["minProperties"] = s.AtLeast
	}
	if s.Names != nil {
		schema["propertyNames"] = map[string]any{"pattern": s.Names.Pattern}
		schema["additionalProperties"] = schemaOf(s.Item)
		return schema
	}
	properties := map[string]any{}
	var required []string
	for _, k := range s.Keys {
		properties[k.Name] = keySchema(k)
		switch {
		case k.Unless != "":
			schema["anyOf"] = []any{map[string]any{"required": []string{k.Name}}, map[string]any{"required": []string{k.Unless}}}
		case k.Required:
			required = append(required, k.Name)
		}
	}
	schema["properties"] = properties
	schema["additionalProperties"] = s.Open
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// keySchema returns the schema of a key's value, with what editors show about
// it.
func keySchema(k Key) map[string]any {
	schema := schemaOf(k.Shape)
	schema["description"] = strings.ReplaceAll(k.Doc, "`", "")
	if value, is := defaultOf(k); is {
		schema["default"] = value
	}
	return schema
}

// defaultOf returns the default of a scalar, if the reference page gives it as
// a value and not in words.
func defaultOf(k Key) (any, bool) {
	value := strings.Trim(k.Fallback, "`")
	if AsCode(value) != k.Fallback || k.Shape.Form == nil || k.Shape.Form.Inspect(value) != nil {
		return nil, false
	}
	if k.Shape.Kind != Integer {
		return value, true
	}
	number, err := strconv.ParseInt(value, 10, 64)
	return number, err == nil
}

func scalarSchema(s *Shape) map[string]any {
	f := s.Form
	schema := map[string]any{"type": "string"}
	if f.Example != "" {
		schema["examples"] = []any{f.Example}
	}
	switch {
	case s.Kind == Integer:
		return map[string]any{"type": "integer", "minimum": f.Min, "maximum": f.Max}
	case len(f.Options) > 0:
		schema["enum"] = f.Options
	case f.Pattern != "":
		schema["pattern"] = f.Pattern
	}
	return schema
}
