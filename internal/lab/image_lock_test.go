package lab

import (
	"maps"
	"os"
	"strings"
	"testing"

	"cairn/internal/problem"
)

func lockIn(t *testing.T, text string) (*Lab, ImageLock, error) {
	l := &Lab{Dir: t.TempDir()}
	if err := os.WriteFile(l.LockFile(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := l.ReadImageLock()
	return l, lock, err
}

func digest(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

func TestImageLockIsReadAsWritten(t *testing.T) {
	l := &Lab{Dir: t.TempDir()}
	if lock, err := l.ReadImageLock(); err != nil || len(lock.Images) != 0 {
		t.Errorf("without a file the lock is %v, %v", lock, err)
	}
	for _, want := range []ImageLock{
		{}, {Images: map[string]string{"docker.io/traefik/whoami:v1.11.0": digest("a"), "localhost:5000/x": digest("0")}},
		{Images: map[string]string{"a/b:1": digest("1")}, Before: map[string]string{"a/b:1": digest("2")}},
	} {
		if err := l.WriteImageLock(want); err != nil {
			t.Fatal(err)
		}
		if lock, err := l.ReadImageLock(); err != nil || !maps.Equal(lock.Images, want.Images) || !maps.Equal(lock.Before, want.Before) {
			t.Errorf("%v was read as %v, %v", want, lock, err)
		}
	}
}

func TestImagesAreReplacedAndTakenBack(t *testing.T) {
	lock := ImageLock{Images: map[string]string{"a/b:1": digest("1")}, Before: map[string]string{}}
	if lock.Replace("a/b:1", "") || lock.Replace("a/b:1", digest("1")) {
		t.Error("nothing new changed the lock")
	}
	for _, to := range []string{"2", "1", "2"} {
		before := lock.Images["a/b:1"]
		if !lock.Replace("a/b:1", digest(to)) || lock.Images["a/b:1"] != digest(to) || lock.Before["a/b:1"] != before {
			t.Errorf("after %s the lock is %v", to, lock)
		}
	}
	if !lock.Replace("new", digest("3")) || lock.Before["new"] != "" {
		t.Errorf("a new image has one before it: %v", lock)
	}
}

func TestWrongImageLocks(t *testing.T) {
	digest := digest("a")
	for text, want := range map[string]string{
		"images:\n<<<<<<< HEAD\n  a/b:1: " + digest + "\n": "cairn.lock:2:1",
		"image: {}\n":                                         "images",
		"images:\n  a/b:1: sha256:abc\n":                      "cairn.lock:2:10",
		"images:\n  a b: " + digest + "\n":                    "cairn.lock:2:3",
		"images:\n  a: " + digest + "\n  a: " + digest + "\n": "cairn.lock:3:3",
		"":              "cairn.lock",
		"images: [a]\n": "cairn.lock:1:9",
		"images:\n  a@" + digest + ": " + digest + "\nmore: no\n": "more",
	} {
		_, lock, err := lockIn(t, text)
		if p := problem.Of(err); p == nil || p.Code != problem.LockInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %s", text, lock, err, want)
		}
	}
}
