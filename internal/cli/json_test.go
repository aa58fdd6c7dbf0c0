package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"cairn/internal/engine"
)

// TestEveryObjectSaysItsFormat checks results, events and errors, in both formats.
func TestEveryObjectSaysItsFormat(t *testing.T) {
	for _, f := range []format{formatJSON, formatNDJSON} {
		var out bytes.Buffer
		s := newScreen(Streams{Out: &out, Err: &bytes.Buffer{}})
		s.format = f
		s.progress(engine.Event{At: time.Now(), Type: engine.EventConnecting, Host: "atlas"})
		if err := s.result(initResult{Files: []string{"a<b"}}, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.result(struct{}{}, nil); err != nil {
			t.Fatal(err)
		}
		if s.result([]int{1}, nil) == nil && f == formatJSON {
			t.Error("took a list, which cannot say its format")
		}
		s.fail(errors.New("it failed"))
		decoder, objects := json.NewDecoder(&out), 0
		for decoder.More() {
			var object map[string]any
			if err := decoder.Decode(&object); err != nil {
				t.Fatal(err)
			}
			if objects++; object["format"] != float64(jsonVersion) {
				t.Errorf("%s: no format in %v", f, object)
			}
		}
		if objects < 3 {
			t.Errorf("%s: only %d objects", f, objects)
		}
	}
}
