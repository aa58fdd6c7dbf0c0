package throwaway

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// machine is what a host needs to know about its machine to get packages in the
// same way.
type machine struct {
	mirrors mirrors
	proxies proxies
}

// thisMachine reads the apt configuration of this machine. A machine without
// apt gives Debian's own mirrors.
func thisMachine(ctx context.Context) machine {
	sources := readAll("/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list", "/etc/apt/sources.list.d/*.sources")
	config, err := polite(exec.CommandContext(ctx, "apt-config", "dump")).Output()
	if err != nil {
		config = nil
	}
	return machine{machineMirrors(sources), machineProxies(string(config), os.Environ())}
}

// readAll joins the files that match these patterns, so far as they can be
// read.
func readAll(patterns ...string) string {
	var all strings.Builder
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		for _, name := range names {
			if data, err := os.ReadFile(name); err == nil {
				all.WriteString(string(data) + "\n")
			}
		}
	}
	return all.String()
}
