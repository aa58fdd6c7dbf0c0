package wiring

import (
	"slices"
	"strings"
	"testing"
)

// TestPinChangesTheDigestAlone holds that the first image lock has no container made
// again: the stamp, the files and the names stay.
func TestPinChangesTheDigestAlone(t *testing.T) {
	c := testCatalog(t)
	w, err := Of(labWith(t, c, "  notes: {}\n  store: {}\n"), c)
	if err != nil {
		t.Fatal(err)
	}
	secrets := secretsOf("a", "b", "c", "1")
	for i, r := range w.Releases {
		names, err := r.Images()
		if err != nil || len(names) == 0 {
			t.Fatalf("%s has the images %q, %v", r.Service.Name, names, err)
		}
		if unpinned, _ := r.Unpinned(); !slices.Equal(unpinned, names) {
			t.Errorf("without a lock, %q are not pinned, want %q", unpinned, names)
		}
		before, err := r.Resource(secrets)
		if err != nil {
			t.Fatal(err)
		}
		digest := "sha256:" + strings.Repeat("a", 64)
		w.Pin(map[string]string{names[0]: digest})
		if unpinned, _ := w.Releases[i].Unpinned(); !slices.Equal(unpinned, names[1:]) {
			t.Errorf("%q are not pinned, want %q", unpinned, names[1:])
		}
		after, err := w.Releases[i].Resource(secrets)
		if err != nil {
			t.Fatal(err)
		}
		if after.Stamp != before.Stamp || len(after.Files) != len(before.Files) {
			t.Errorf("%s: the release changed with a digest", r.Service.Name)
		}
		for n, f := range after.Files {
			if f.Content.Text() != before.Files[n].Content.Text() {
				t.Errorf("%s: %s changed with a digest", r.Service.Name, f.Path)
			}
		}
		for _, container := range after.Containers {
			if (container.Digest == digest) != (container.Image == names[0]) || strings.Contains(container.Image, "@") {
				t.Errorf("%s runs %s with the digest %q", container.Name, container.Image, container.Digest)
			}
		}
	}
}
