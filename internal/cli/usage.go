package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// strict makes a command and those below it refuse unknown input in the same
// words, with a suggestion.
func strict(cmd *cobra.Command) {
	cmd.DisableFlagsInUseLine = true
	if cmd.HasSubCommands() {
		cmd.Args, cmd.RunE = cobra.ArbitraryArgs, group
	} else {
		cmd.Args = counting(cmd.Args)
	}
	for _, below := range cmd.Commands() {
		strict(below)
	}
}

// group is a command that only has others below it.
func group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return noCommand(cmd, args[0])
}

func noCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	return refused(cmd, fmt.Sprintf("%s has no command %q%s", cmd.CommandPath(), name, meant("", name, names)))
}

// counting replaces cobra's complaint about the number of arguments by our words.
func counting(count cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if count == nil || count(cmd, args) == nil {
			return nil
		}
		return refused(cmd, fmt.Sprintf("%s; it is written `%s`", misfit(len(args)), cmd.UseLine()))
	}
}

// misfit says that a number of arguments is not the right one.
func misfit(n int) string {
	switch n {
	case 0:
		return "an argument is missing"
	case 1:
		return "1 argument does not fit"
	}
	return fmt.Sprintf("%d arguments do not fit", n)
}

// wrongFlag replaces a complaint about a flag by our words.
func wrongFlag(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return refused(cmd, err.Error())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return refused(cmd, fmt.Sprintf("%s has no flag -%s", cmd.CommandPath(), name))
	}
	return refused(cmd, fmt.Sprintf("%s has no flag --%s%s", cmd.CommandPath(), name, meant("--", name, names)))
}

// meant suggests the name that was probably meant, or returns nothing.
func meant(lead, written string, names []string) string {
	if near := spelling.Nearest(written, names); near != "" {
		return fmt.Sprintf("; did you mean `%s%s`?", lead, near)
	}
	return ""
}

func refused(cmd *cobra.Command, summary string) error {
	return problem.New(problem.CommandUsage, "", summary).
		WithFix(fmt.Sprintf("run `%s --help` for what it takes", cmd.CommandPath()))
}

// usageTemplate is cobra's. For a group it leaves out the line without a command.
func usageTemplate(root *cobra.Command) string {
	return strings.Replace(root.UsageTemplate(), "{{if .Runnable}}", "{{if not .HasAvailableSubCommands}}", 1)
}
