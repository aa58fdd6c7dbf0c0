package agent

import (
	"os"
	"path/filepath"

	"cairn/internal/resource"
	"cairn/internal/wire"
)

// Where plugins of Docker's client lie (docs.docker.com, "Install Compose"): a
// package's, and those installed by hand.
var composePlugins = []string{
	"/usr/libexec/docker/cli-plugins/docker-compose", "/usr/lib/docker/cli-plugins/docker-compose",
	"/usr/local/libexec/docker/cli-plugins/docker-compose", "/usr/local/lib/docker/cli-plugins/docker-compose",
}

// dockerFacts finds out what of Docker is there from elsewhere than the
// distribution's packages, and which services Cairn has set up.
func (a *Agent) dockerFacts() wire.Docker {
	packages := a.System.Distro().Docker
	return wire.Docker{
		Services:         resource.KeptServices(a.System),
		EngineElsewhere:  a.isThere(resource.DockerPrograms...) && !a.isThere(dpkgList(packages.Engine[0])),
		ComposeElsewhere: a.isThere(composePlugins...) && (packages.Compose == "" || !a.isThere(dpkgList(packages.Compose))),
	}
}

// dpkgList is where dpkg lists the files of a package that it has unpacked.
func dpkgList(name string) string { return "/var/lib/dpkg/info/" + name + ".list" }

// isThere reports whether any of the files exists.
func (a *Agent) isThere(paths ...string) bool {
	for _, path := range paths {
		if _, err := os.Stat(filepath.Join(a.System.Root, path)); err == nil {
			return true
		}
	}
	return false
}
