package cli

import "github.com/spf13/cobra"

func newCase(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "case",
		Short: "Show the case that walks the roadmap, and steer it",
	}
	cmd.AddCommand(newCaseShow(g), newCaseHistory(g), newCaseSuspend(g), newCaseResume(g), newCaseReactivate(g), newCaseClose(g), newCaseSimulate(g))
	return cmd
}
