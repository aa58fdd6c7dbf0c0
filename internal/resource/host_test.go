package resource_test

import (
	"crypto/rand"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"cairn/internal/lab"
	"cairn/internal/testkey"
	"cairn/internal/throwaway"
)

// TestConformanceOnARealHost tries the kinds that need a host on one that is made
// for this and then removed.
func TestConformanceOnARealHost(t *testing.T) {
	// Names that nobody knows are asked for many times. So the host does not wait long
	// for a resolver that stays silent (resolv.conf(5)). A flush removes the rules
	// that lead to the engine's resolver, so a file has the names of apt's mirrors.
	const settle = `echo options timeout:1 attempts:3 >>/etc/resolv.conf
		for name in $(grep -rhoE 'https?://[^/ ]+' /etc/apt/sources.list.d | sed 's|.*//||; s|:.*||' | sort -u); do
			getent ahosts "$name" | awk '!seen[$1]++ {print $1, name}' name="$name"
		done >/tmp/mirrors && cat /tmp/mirrors >>/etc/hosts`
	testOnHost(t, settle, []string{"CAIRN_REAL_HOST=1"}, "^(TestConformanceOfAHost|TestOnAHost)", "TestConformanceOfAHost")
}

// testOnHost runs this package's tests of a pattern on a host that is made for this
// and then removed. A script settles the host first. Of the tests, one must have run.
func testOnHost(t *testing.T, settle string, environment []string, pattern, must string, options ...func(*throwaway.Options)) {
	t.Helper()
	if testing.Short() {
		t.Skip("makes a host")
	}
	t.Parallel() // each on a host of its own, and mostly waiting
	program, err := os.Open(testProgram(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = program.Close() }()
	host := throwAwayHost(t, options...)
	if _, stderr, err := host.Exec(t.Context(), "box", []string{"sh", "-c", "cat >/conform && chmod 755 /conform && " + settle}, program); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	out, _, err := host.Exec(t.Context(), "box", slices.Concat([]string{"env"}, environment, []string{"/conform", "-test.v", "-test.run=" + pattern}), nil)
	if err != nil {
		t.Fatalf("on the host: %v\n%s", err, failures(string(out)))
	}
	if !strings.Contains(string(out), "--- PASS: "+must) {
		t.Fatalf("nothing was tried on the host:\n%s", out)
	}
}

// withDocker lets a host have a Docker Engine of its own.
func withDocker(o *throwaway.Options) { o.Nested = true }

var starting sync.Mutex

// throwAwayHost returns a rehearsal with one host, "box".
func throwAwayHost(t *testing.T, options ...func(*throwaway.Options)) *throwaway.Hosts {
	t.Helper()
	l := &lab.Lab{
		Name:    "conform",
		Network: lab.Network{CIDR: netip.MustParsePrefix("10.85.0.0/24"), Gateway: netip.MustParseAddr("10.85.0.1")},
		Hosts:   []lab.Host{{Name: "box", Address: netip.MustParseAddr("10.85.0.10"), Port: 22}},
	}
	o := throwaway.Options{Lab: l, RunID: "conform-" + strings.ToLower(rand.Text()[:8]), Key: testkey.New(t).PublicKey()}
	for _, set := range options {
		set(&o)
	}
	starting.Lock() // each looks for a free network
	r, err := throwaway.Start(t.Context(), o)
	starting.Unlock()
	if err != nil {
		t.Fatalf("Docker is needed to make a host: run `make need` as root; -short leaves this test out.\n%v", err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// testProgram is this test as a program that needs nothing from the host.
func testProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "conform")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// failures removes from a test's output what passed.
func failures(out string) string {
	var kept []string
	for line := range strings.Lines(out) {
		if words := strings.TrimSpace(line); !strings.HasPrefix(words, "=== ") && !strings.HasPrefix(words, "--- PASS") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
