package resource_test

import (
	"os"
	"testing"
)

// TestServicesOnAHostWithDocker tries services on a host with a Docker Engine of
// its own, made for this and then removed.
func TestServicesOnAHostWithDocker(t *testing.T) {
	const settle = `export DEBIAN_FRONTEND=noninteractive; apt-get -qq update >/dev/null
		apt-get -qq install -y --no-install-recommends docker.io docker-cli docker-compose docker-registry busybox-static curl >/dev/null 2>&1; docker version >/dev/null`
	testOnHost(t, settle, []string{"CAIRN_REAL_HOST=docker", "CAIRN_LONG=" + os.Getenv("CAIRN_LONG")}, "^TestWithDocker", "TestWithDockerABadReleaseGoesBack", withDocker)
}
