package resource_test

import (
	"os"
	"strings"
	"testing"
)

// TestServicesOnAHostWithDocker tries services on a host with a Docker Engine of
// its own, made for this and then removed.
func TestServicesOnAHostWithDocker(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a host")
	}
	program, err := os.Open(testProgram(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = program.Close() }()
	host := throwAwayHost(t, withDocker)
	const settle = `cat >/conform && chmod 755 /conform
		export DEBIAN_FRONTEND=noninteractive; apt-get -qq update >/dev/null
		apt-get -qq install -y --no-install-recommends docker.io docker-cli docker-compose busybox-static >/dev/null 2>&1; docker version >/dev/null`
	if _, stderr, err := host.Exec(t.Context(), "box", []string{"sh", "-c", settle}, program); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	out, _, err := host.Exec(t.Context(), "box", []string{"env", "CAIRN_REAL_HOST=docker", "CAIRN_LONG=" + os.Getenv("CAIRN_LONG"), "/conform", "-test.v", "-test.run=^TestWithDocker"}, nil)
	if err != nil {
		t.Fatalf("on the host: %v\n%s", err, failures(string(out)))
	}
	if !strings.Contains(string(out), "--- PASS: TestWithDockerABadReleaseGoesBack") {
		t.Fatalf("nothing was tried on the host:\n%s", out)
	}
}
