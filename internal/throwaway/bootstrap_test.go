package throwaway

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The folder of a killed debootstrap must go. A folder that one uses, or that
// one just began to use, must stay.
func TestAbandonedFoldersAreRemoved(t *testing.T) {
	pattern := filepath.Join(t.TempDir(), "work-*")
	atWork, release, err := scratchFolder(pattern)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	abandoned, young := filepath.Join(filepath.Dir(pattern), "work-1"), filepath.Join(filepath.Dir(pattern), "work-2")
	old := time.Now().Add(-time.Hour)
	for _, path := range []string{abandoned, young} {
		if err := os.MkdirAll(filepath.Join(path, "root/etc"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{abandoned, atWork} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	removeAbandoned(pattern)
	for path, want := range map[string]bool{abandoned: false, young: true, atWork: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
