package resource

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// every returns the desired state of each example.
func every() []Resource {
	var found []Resource
	for _, e := range append(append(fileExamples(), hostExamples()...), serviceExample(), serviceRestartExample()) {
		found = append(found, e.desired)
	}
	return found
}

func TestEveryKindHasAnExample(t *testing.T) {
	seen := map[Kind]bool{}
	for _, r := range every() {
		seen[r.Kind()] = true
	}
	for _, k := range kinds {
		if !seen[k.kind] {
			t.Errorf("the kind %s has no example in the conformance suite", k.kind)
		}
	}
	if len(seen) != len(kinds) {
		t.Errorf("%d kinds have examples, %d are registered", len(seen), len(kinds))
	}
}

func TestDecodeRefuses(t *testing.T) {
	body := func(v any) []byte {
		encoded, err := cbor.Marshal(v)
		ok(t, err)
		return encoded
	}
	file := body(File{Path: "/a"})
	for name, spec := range map[string]Spec{
		"an unknown kind":        {Kind: "spell", Body: file},
		"nothing":                {Kind: "file"},
		"an unknown field":       {Kind: "file", Body: body(map[int]any{1: "/a", 99: true})},
		"another type":           {Kind: "file", Body: body(map[int]any{1: 7})},
		"a field twice":          {Kind: "file", Body: []byte{0xa2, 0x01, 0x62, '/', 'a', 0x01, 0x62, '/', 'b'}},
		"something behind it":    {Kind: "file", Body: append(bytes.Clone(file), file...)},
		"half of it":             {Kind: "file", Body: file[:len(file)-1]},
		"what Validate refuses":  {Kind: "file", Body: body(File{Path: "a"})},
		"another kind's content": {Kind: "group", Body: file},
	} {
		if r, err := Decode(spec); err == nil {
			t.Errorf("%s was decoded as %+v", name, r)
		}
	}
}

// Input from outside may be anything. What is accepted is valid and travels on
// unchanged.
func FuzzDecode(f *testing.F) {
	for _, r := range every() {
		spec, err := Encode(r)
		ok(f, err)
		f.Add(string(spec.Kind), []byte(spec.Body))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r, err := Decode(Spec{Kind: Kind(kind), Body: body})
		if err != nil {
			return
		}
		ok(t, r.Validate())
		_ = r.Key()
		spec, err := Encode(r)
		ok(t, err)
		again, err := Decode(spec)
		ok(t, err)
		second, err := Encode(again)
		ok(t, err)
		if !bytes.Equal(spec.Body, second.Body) {
			t.Errorf("%+v does not travel", r)
		}
	})
}

func TestKeysTellResourcesApart(t *testing.T) {
	one, other := AuthorizedKey{User: "ops", Line: ownersKey}, AuthorizedKey{User: "ops", Line: strangersKey}
	if one.Key() == other.Key() {
		t.Error("two keys of a user have the same name")
	}
	if key := (Packages{Names: []string{"a"}, Absent: []string{"b"}}).Key(); !strings.Contains(key, "-b") {
		t.Errorf("%q does not name the absent package", key)
	}
}
