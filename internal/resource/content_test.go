package resource

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cairn/internal/system"
)

// A content that travels by its name alone must compare as the content itself
// does.
func TestANamedContentIsComparedAsTheWhole(t *testing.T) {
	long := strings.Repeat("a line\n", maxLineBytes/7+1)
	sys := &system.System{Root: t.TempDir()}
	for name, have := range map[string]string{"same": long, "more": long + "\n\n", "no end": strings.TrimSuffix(long, "\n"), "only ends": strings.Repeat("\n", 100000), "empty": "", "none": ""} {
		path := "/" + strings.ReplaceAll(name, " ", "-")
		if name != "none" {
			ok(t, os.WriteFile(filepath.Join(sys.Root, path), []byte(have), 0o600))
		}
		for _, sensitive := range []bool{false, true} {
			whole := File{Path: path, Content: Inline(long), Mode: 0o644, Sensitive: sensitive}
			spec, err := Encode(whole)
			ok(t, err)
			if bytes.Contains(spec.Body, []byte("a line")) || len(spec.Contents()) != 1 || spec.Contents()[0].Name().Size != int64(len(long)) {
				t.Fatalf("%s: the content travels: %+v", name, spec.Contents())
			}
			r, err := Decode(spec)
			ok(t, err)
			want, err := whole.Check(t.Context(), sys)
			ok(t, err)
			got, err := r.Check(t.Context(), sys)
			ok(t, err)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: by its name %+v, itself %+v", name, got, want)
			}
			if err := r.Apply(t.Context(), sys, got); err == nil {
				t.Errorf("%s: a content that did not come was applied", name)
			}
		}
	}
}

// Contents that are compared line by line must travel. So must those that are read
// among other files.
func TestWhatACheckReadsTravels(t *testing.T) {
	for name, f := range map[string]File{
		"short": {Path: "/a", Content: Inline(strings.Repeat("a", maxLineBytes))},
		"read":  {Path: "/a", Content: Inline(strings.Repeat("a", 2*maxLineBytes)), Reader: ReaderApt},
	} {
		spec, err := Encode(f)
		ok(t, err)
		if len(spec.Contents()) != 0 || !bytes.Contains(spec.Body, []byte("aaaa")) {
			t.Errorf("%s: the content is only named", name)
		}
	}
}

// Many short contents together are named too. Those that a check must read are
// not.
func TestManyShortContentsAreNamed(t *testing.T) {
	const each, most = 10 << 10, 64 << 10
	var specs []Spec
	for range 20 {
		spec, err := Encode(File{Path: "/a", Content: Inline(strings.Repeat("a", each))})
		ok(t, err)
		specs = append(specs, spec)
	}
	table, err := Encode(NftTable{Family: "inet", Name: "a", Body: Inline(strings.Repeat("#\n", each))})
	ok(t, err)
	specs = append(specs, table)
	for name, fit := range map[string]func([]Spec, int) ([]Spec, error){"check": FitForCheck, "run": FitForRun} {
		fitting, err := fit(specs, most)
		ok(t, err)
		size := 0
		for _, s := range fitting[:20] {
			size += len(s.Body)
		}
		if last := fitting[20]; size > most+20*100 || (len(last.Contents()) == 1) != (name == "run") {
			t.Errorf("%s: %d bytes, the table has %d named contents", name, size, len(last.Contents()))
		}
		for i, s := range fitting {
			whole, err := DecodeFrom(s, s.source)
			ok(t, err)
			want, err := DecodeFrom(specs[i], specs[i].source)
			ok(t, err)
			if !reflect.DeepEqual(textsOf(t, whole), textsOf(t, want)) {
				t.Errorf("%s: %d arrives as another", name, i)
			}
		}
	}
}

// textsOf returns the contents of a resource.
func textsOf(t *testing.T, r Resource) (all []string) {
	t.Helper()
	withContents(r, func(c Content, _ use) Content {
		from, err := c.Open()
		ok(t, err)
		body, err := io.ReadAll(from)
		ok(t, err)
		all = append(all, string(body))
		return c
	})
	return all
}

// The content of a file is read when it is opened. It equals the same content in
// memory.
func TestTheContentOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	ok(t, os.WriteFile(path, []byte("one\ntwo\n"), 0o600))
	c, err := FileContent(path)
	ok(t, err)
	if whole := Inline("one\ntwo\n"); !c.Equal(whole) || c.String() != whole.String() || c.size() != whole.size() {
		t.Errorf("%s with %d bytes", c, c.size())
	}
	sys := &system.System{Root: t.TempDir()}
	f := File{Path: "/b", Content: c, Mode: 0o600}
	d, err := f.Check(t.Context(), sys)
	ok(t, err)
	if os.Geteuid() == 0 {
		ok(t, f.Apply(t.Context(), sys, d))
		ok(t, f.Verify(t.Context(), sys))
	}
	ok(t, os.WriteFile(path, []byte("other\n"), 0o600))
	if body, err := c.bytes(); err != nil || string(body) != "other\n" {
		t.Errorf("%q, %v", body, err)
	}
	if _, err := FileContent(path + "x"); err == nil {
		t.Error("a missing file has a content")
	}
}

// Earlier versions kept some contents as texts. These must still be readable.
func TestContentsOfEarlierVersions(t *testing.T) {
	for kind, body := range map[Kind]string{
		"sudoers": "\xa2\x01\x61a\x02\x66x ALL\n", "unit": "\xa2\x01\x69a.service\x04\x66[Unit\n", "nft-table": "\xa3\x01\x64inet\x02\x61a\x03\x63#a\n",
		"file": "\xa2\x01\x62/a\x02\x45bytes",
	} {
		r, err := Decode(Spec{Kind: kind, Body: []byte(body)})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		} else if got := textsOf(t, r); len(got) != 1 || len(got[0]) < 3 {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

const secretWord = "planted-6f20"

// swollen replaces every content of a resource with a long one that has a secret.
func swollen(r Resource) (with Resource, contents int, uses use) {
	with = withContents(r, func(c Content, u use) Content {
		if c.IsZero() {
			return c
		}
		contents++
		uses |= u
		return Inline("# " + secretWord + "\n" + strings.Repeat("# more\n", 4*maxLineBytes))
	})
	return with, contents, uses
}

// TestContentsOfEveryKindAreNamed checks that a content of any kind travels by its
// name. It must not get into what is kept of a resource.
func TestContentsOfEveryKindAreNamed(t *testing.T) {
	tried := map[Kind]bool{}
	for _, r := range every() {
		r, n, uses := swollen(r)
		if n == 0 {
			continue
		}
		tried[r.Kind()] = true
		spec, err := Encode(r)
		ok(t, err)
		brief, err := FitForRun([]Spec{spec}, 0)
		ok(t, err)
		kept, err := encode(withoutContents(r), func(Content, use) bool { return false })
		ok(t, err)
		for what, s := range map[string]Spec{"a run": brief[0], "what is kept": kept} {
			if bytes.Contains(s.Body, []byte(secretWord)) {
				t.Errorf("%s: the content is in %s", r.Kind(), what)
			}
		}
		persisted, err := EncodeToPersist(r)
		ok(t, err)
		if uses&(toRead|toPersist) == 0 && bytes.Contains(persisted.Body, []byte(secretWord)) {
			t.Errorf("%s: the content is in what a guard keeps", r.Kind())
		}
	}
	for _, k := range []Kind{"file", "unit", "sudoers", "nft-table", "release"} {
		if !tried[k] {
			t.Errorf("no example of %s has a content", k)
		}
	}
}

// TestNoKindForgetsAContent checks two rules. Every part of a resource that may
// have several lines is a [Content]. The method contents shows every Content to
// the code that handles them all.
func TestNoKindForgetsAContent(t *testing.T) {
	for _, r := range every() {
		for _, fault := range forgotten(r) {
			t.Errorf("%s: %s", r.Kind(), fault)
		}
	}
	if faults := forgotten(forgetfulKind{Text: "a", Body: Inline("a")}); len(faults) != 2 {
		t.Errorf("a kind forgets two contents, and the faults are %q", faults)
	}
}

// forgotten names the parts of a resource that are contents but are not treated as
// such.
func forgotten(r Resource) (faults []string) {
	if r.Kind() == (Release{}).Kind() {
		return nil // it has descriptions of others, and is tried with a content in them
	}
	has := 0
	places(reflect.ValueOf(r), "", func(path string, v reflect.Value, put func(reflect.Value) Resource) {
		switch {
		case v.Type() == reflect.TypeFor[Content]():
			has++
		case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
			faults = append(faults, path+" has bytes, and is no Content")
		case v.Kind() == reflect.String:
			for _, text := range []string{v.String() + "\nmore\n", "# one\n# two\n"} {
				if put(reflect.ValueOf(text).Convert(v.Type())).Validate() == nil {
					faults = append(faults, path+" may have several lines, and is no Content")
					return
				}
			}
		}
	}, func(v reflect.Value) Resource { return v.Interface().(Resource) })
	shown := 0
	withContents(r, func(c Content, _ use) Content { shown++; return c })
	if has != shown {
		faults = append(faults, "it has Contents that its method contents leaves out")
	}
	return faults
}

// places calls each for all values inside a value. put replaces the value with
// another.
func places(v reflect.Value, path string, each func(string, reflect.Value, func(reflect.Value) Resource), put func(reflect.Value) Resource) {
	each(path, v, put)
	switch {
	case v.Type() == reflect.TypeFor[Content]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			places(v.Field(i), path+"."+v.Type().Field(i).Name, each, func(other reflect.Value) Resource {
				whole := reflect.New(v.Type()).Elem()
				whole.Set(v)
				whole.Field(i).Set(other)
				return put(whole)
			})
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		whole := v
		if v.Len() == 0 {
			whole = reflect.MakeSlice(v.Type(), 1, 1)
		}
		for i := range whole.Len() {
			places(whole.Index(i), fmt.Sprintf("%s[%d]", path, i), each, func(other reflect.Value) Resource {
				changed := reflect.MakeSlice(v.Type(), whole.Len(), whole.Len())
				reflect.Copy(changed, whole)
				changed.Index(i).Set(other)
				return put(changed)
			})
		}
	}
}

// forgetfulKind is a kind with a content in a plain string, and another that it shows
// to nobody.
type forgetfulKind struct {
	Resource
	Text string
	Body Content
}

func (forgetfulKind) Kind() Kind      { return "forgetful" }
func (forgetfulKind) Validate() error { return nil }

// A host's file may have become far longer than its declared content.
func TestALongFileIsNotShown(t *testing.T) {
	sys := &system.System{Root: t.TempDir()}
	ok(t, os.WriteFile(filepath.Join(sys.Root, "a"), bytes.Repeat([]byte("old\n"), maxLineBytes), 0o600))
	d, err := File{Path: "/a", Content: Inline("new\n"), Mode: 0o600}.Check(t.Context(), sys)
	ok(t, err)
	i := slices.IndexFunc(d.Changes, func(c Change) bool { return c.Property == "content" })
	if i < 0 || d.Changes[i].Text != "" {
		t.Errorf("%+v", d.Changes)
	}
}
