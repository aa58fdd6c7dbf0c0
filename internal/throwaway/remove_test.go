package throwaway

import (
	"slices"
	"strings"
	"testing"
)

func TestParseRuns(t *testing.T) {
	list := strings.Join([]string{
		"crashed|false|here|/tmp/crashed", "crashed|false|here|/tmp/crashed", "",
		"kept|true|here|/tmp/kept", "elsewhere|false|there|/tmp/x", "living|false|here|/tmp/living",
	}, "\n")
	got := parseRuns(list, "here", func(path string) bool { return path == "/tmp/living" })
	want := []Run{{"crashed", false, false}, {"elsewhere", false, true}, {"kept", true, false}, {"living", false, true}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestLockIsHeldWhileItsProcessLives(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	l, err := lockFor("run")
	if err != nil {
		t.Fatal(err)
	}
	if !held(l.path()) {
		t.Error("a lock that was taken is not held")
	}
	if _, err := lockFor("run"); err == nil {
		t.Error("two runs have the same lock")
	}
	path := l.path()
	if err := l.release(); err != nil {
		t.Fatal(err)
	}
	if held(path) {
		t.Error("a released lock is held")
	}
}
