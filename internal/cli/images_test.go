package cli

import (
	"maps"
	"strings"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/wiring"
)

// TestKeepImages keeps what is known, adds what is new, and drops what the lab no
// longer runs.
func TestKeepImages(t *testing.T) {
	l, err := lab.Parse("lab.yaml", []byte("lab: home\nnetwork: {cidr: 192.168.1.0/24, admin: [192.168.1.0/24]}\nhosts: {atlas: {address: 192.168.1.10, roles: [server]}}\nservices: {whoami: {}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	l.Dir = t.TempDir()
	c, err := catalogBeside(l.Dir + "/lab.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := wiring.Of(l, c)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range w.Releases {
		images, err := r.Images()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, images...)
	}
	digest := func(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }
	if err := l.WriteImageLock(lab.ImageLock{Images: map[string]string{names[0]: digest("1"), "docker.io/library/gone:1": digest("2")}}); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	g := &globals{screen: newScreen(Streams{Err: &stderr})}
	if err := g.keepImages(wired{lab: l, services: w})(map[string]string{names[1]: digest("3")}); err != nil {
		t.Fatal(err)
	}
	lock, err := l.ReadImageLock()
	if want := map[string]string{names[0]: digest("1"), names[1]: digest("3")}; err != nil || !maps.Equal(lock.Images, want) {
		t.Errorf("the lock is %v, %v; want %v", lock, err, want)
	}
	if !strings.Contains(stderr.String(), "cairn.lock holds 1 image from now on") {
		t.Errorf("it says %q", stderr.String())
	}
}
