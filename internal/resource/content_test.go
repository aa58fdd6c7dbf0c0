package resource

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cairn/internal/system"
)

// A content that only its name stands for is compared as the content itself is.
func TestANamedContentIsComparedAsTheWhole(t *testing.T) {
	long := strings.Repeat("a line\n", maxLineOctets/7+1)
	sys := &system.System{Root: t.TempDir()}
	for name, have := range map[string]string{"same": long, "more": long + "\n\n", "no end": strings.TrimSuffix(long, "\n"), "only ends": strings.Repeat("\n", 100000), "empty": "", "none": ""} {
		path := "/" + strings.ReplaceAll(name, " ", "-")
		if name != "none" {
			ok(t, os.WriteFile(filepath.Join(sys.Root, path), []byte(have), 0o600))
		}
		for _, sensitive := range []bool{false, true} {
			whole := File{Path: path, Content: []byte(long), Mode: 0o644, Sensitive: sensitive}
			spec, err := Encode(whole)
			ok(t, err)
			r, err := Decode(spec.ForCheck())
			ok(t, err)
			if named := r.(File); named.Named == nil || named.Content != nil {
				t.Fatalf("%s: the content travels", name)
			}
			want, err := whole.Check(t.Context(), sys)
			ok(t, err)
			got, err := r.Check(t.Context(), sys)
			ok(t, err)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: by its name %+v, itself %+v", name, got, want)
			}
			if err := r.Apply(t.Context(), sys, got); err == nil {
				t.Errorf("%s: what did not come was applied", name)
			}
		}
	}
}

// What is compared line by line travels, and what is read among other files.
func TestWhatACheckReadsTravels(t *testing.T) {
	for name, f := range map[string]File{
		"short": {Path: "/a", Content: []byte(strings.Repeat("a", maxLineOctets))},
		"read":  {Path: "/a", Content: []byte(strings.Repeat("a", 2*maxLineOctets)), Reader: ReaderApt},
	} {
		spec, err := Encode(f)
		ok(t, err)
		if got := spec.ForCheck(); !reflect.DeepEqual(got, spec) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
