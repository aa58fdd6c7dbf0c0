package cli

import "github.com/spf13/cobra"

// newHelp is `cairn help`. Unlike cobra's own it fails for a command that is not
// there.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show what a command does and how to write it",
		Long: `Help tells of a command what it does, which flags it takes and what its exit status means. --help does the same.

EXIT STATUS
  0  help was given
  1  there is no such command`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return noCommand(found, rest[0])
			}
			return found.Help()
		},
	}
}
