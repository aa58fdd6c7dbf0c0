package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonVersion is the version of what -o json and -o ndjson write. It goes up when
// a key goes away or changes its meaning. A new key does not change it, so
// programs must ignore unknown keys. docs/reference/json.md is the schema.
const jsonVersion = 2

// resultLine is the last line of -o ndjson when the command worked.
type resultLine struct {
	Result any    `json:"result"` // what -o json writes
	Format int    `json:"format"` // the version of these formats
	Type   string `json:"type"`   // "result"
}

// writeLine writes an object that already has the version.
func writeLine(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // it is for programs and people, not for web pages
	return encoder.Encode(value)
}

// writeJSON writes an object with the version as its last key. With an empty
// indent it writes one line.
func writeJSON(w io.Writer, value any, indent string) error {
	var encoded bytes.Buffer
	if err := writeLine(&encoded, value); err != nil {
		return err
	}
	fields, isObject := bytes.CutSuffix(bytes.TrimSpace(encoded.Bytes()), []byte("}"))
	if !isObject {
		return errors.New("a result must be a JSON object, so that it can say its version")
	}
	separator := ","
	if bytes.Equal(fields, []byte("{")) {
		separator = ""
	}
	body := fmt.Appendf(fields, `%s"format":%d}`, separator, jsonVersion)
	var out bytes.Buffer
	if indent == "" {
		out.Write(body)
	} else if err := json.Indent(&out, body, "", indent); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err := w.Write(out.Bytes())
	return err
}
