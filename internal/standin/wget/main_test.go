package main

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAsks runs the program as a health check does.
func TestAsks(t *testing.T) {
	program := filepath.Join(t.TempDir(), "wget")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ping" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for path, works := range map[string]bool{"/ping": true, "/other": false} {
		out, err := exec.Command(program, "-q", "-O", "/dev/null", server.URL+path).CombinedOutput()
		if (err == nil) != works {
			t.Errorf("%s: %v: %s", path, err, out)
		}
	}
}
