package cli

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"

	"cairn/internal/host/agents"
	"cairn/internal/wire"
)

// versionInfo is what version shows.
type versionInfo struct {
	Version  string            `json:"version"`
	Revision string            `json:"revision,omitempty"`
	Go       string            `json:"go"`
	Protocol int               `json:"protocol"`
	Agents   map[string]string `json:"agents"` // architecture to the SHA-256 of its agent
}

func newVersion(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of Cairn and of the agents inside it",
		Long: `Version shows the version of Cairn. For each kind of processor it shows the first 12 digits of the agent's SHA-256.

EXIT STATUS
  0  always`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runVersion(g) },
	}
}

// A release build sets these with -X. Go's own stamp depends on the kind of
// checkout, so the same source would give different bytes.
var released, revision string

// toldVersion is what the program knows of its own version.
func toldVersion() versionInfo {
	info := versionInfo{Version: "development", Protocol: wire.Protocol, Agents: agents.Sums()}
	if build, ok := debug.ReadBuildInfo(); ok {
		info.Go = build.GoVersion
		if v := build.Main.Version; v != "" && v != "(devel)" {
			info.Version = v
		}
		for _, s := range build.Settings {
			if s.Key == "vcs.revision" {
				info.Revision = s.Value
			}
		}
	}
	if released != "" {
		info.Version, info.Revision = released, revision
	}
	return info
}

func runVersion(g *globals) error {
	info := toldVersion()
	return g.screen.result(info, func(w io.Writer) {
		fmt.Fprintf(w, "cairn %s (%s)\n", info.Version, info.Go)
		for _, arch := range sortedKeys(info.Agents) {
			fmt.Fprintf(w, "agent %s %s\n", arch, info.Agents[arch][:12])
		}
	})
}
