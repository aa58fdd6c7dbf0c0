package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cairn/internal/problem"
)

// newExitCodes is a page of help, not a command: `cairn help exit-codes`.
func newExitCodes() *cobra.Command {
	var b strings.Builder
	b.WriteString("Cairn's exit codes mean the same for every command. A program that calls it must treat any other code as a failure.\n\n")
	for _, e := range problem.Exits() {
		fmt.Fprintf(&b, "  %-3d  %s\n", e.Code, e.Meaning)
	}
	b.WriteString("\n2 is never used: a Go program that crashes says 2. `cairn explain CODE` tells the exit code of an error.")
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: b.String()}
}
