package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"cairn/internal/lab"
	"cairn/internal/problem"
)

func newInit(g *globals) *cobra.Command {
	var options lab.InitOptions
	cmd := &cobra.Command{
		Use:   "init [FOLDER]",
		Short: "Write a first lab file",
		Long: `Init writes lab.yaml with comments, and its schema, with which editors complete and check the file. It also makes the identity that
opens the lab's secrets, .cairn/identity.txt. Git never sees that file. Init overwrites nothing.

EXIT STATUS
  0  the files were written
  1  there is a lab file already, or the folder cannot be written`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			options.Now = time.Now()
			return runInit(g, dir, options)
		},
	}
	cmd.Flags().StringVar(&options.Name, "name", "", "the lab's `NAME` (default: home)")
	cmd.Flags().StringVar(&options.User, "user", "", "the user Cairn makes for you on the hosts (default: your own `NAME`)")
	return cmd
}

// initResult is what init tells.
type initResult struct {
	Files []string `json:"files"` // paths of the files that it wrote
}

func runInit(g *globals, dir string, options lab.InitOptions) error {
	files, err := lab.Init(dir, options)
	if err != nil {
		return unwritten(dir, err)
	}
	return g.screen.result(initResult{files}, func(w io.Writer) {
		for _, f := range files {
			fmt.Fprintf(w, "wrote %s\n", f)
		}
		fmt.Fprintln(w, "Next: put your hosts into lab.yaml, then run: cairn validate")
	})
}

// unwritten says that the files of a lab cannot be written.
func unwritten(dir string, err error) error {
	if problem.Of(err) != nil {
		return err
	}
	return problem.Wrap(problem.CommandFile, dir, "the lab cannot be written", err)
}
