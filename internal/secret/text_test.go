package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const planted = "hunter2-planted"

func TestTextNeverShows(t *testing.T) {
	s := New(planted)
	nested := struct {
		Password Text
		Pointer  *Text
	}{s, &s}

	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("login", "password", s, "all", nested)
	asJSON, err := json.Marshal(nested)
	if err != nil {
		t.Fatal(err)
	}
	outputs := map[string]string{"slog": log.String(), "json": string(asJSON)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		outputs[verb] = fmt.Sprintf(verb+" "+verb, s, nested)
	}
	outputs["error"] = fmt.Errorf("cannot log in with %v", s).Error()

	for way, out := range outputs {
		if strings.Contains(out, planted) || strings.Contains(out, fmt.Sprintf("%x", planted)) {
			t.Errorf("%s shows the secret: %s", way, out)
		}
	}
	if _, err := s.MarshalCBOR(); err == nil {
		t.Error("CBOR encodes the secret")
	}
	if s.Reveal() != planted {
		t.Error("Reveal does not give the value")
	}
}
