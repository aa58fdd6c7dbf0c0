package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"cairn/internal/golden"
	"cairn/internal/problem"
)

const page = "../../docs/reference/commands.md"

func TestCommandPageIsUpToDate(t *testing.T) { golden.Check(t, page, commandPage()) }

// exitLine is a line of a command's EXIT STATUS.
var exitLine = regexp.MustCompile(`(?m)^  (\d+)  +\S`)

func TestEveryCommandSaysItsExitStatus(t *testing.T) {
	var known []int
	for _, e := range problem.Exits() {
		known = append(known, e.Code)
	}
	for _, cmd := range runnable(newRoot(newScreen(Streams{}))) {
		_, status, found := strings.Cut(cmd.Long, "\nEXIT STATUS\n")
		lines := exitLine.FindAllStringSubmatch(status, -1)
		if !found || len(lines) == 0 {
			t.Errorf("%s: its help has no EXIT STATUS", cmd.CommandPath())
		}
		for _, line := range lines {
			if code, _ := strconv.Atoi(line[1]); !slices.Contains(known, code) {
				t.Errorf("%s: exit code %s is not one of the program's", cmd.CommandPath(), line[1])
			}
		}
	}
}

// runnable are all commands that do something themselves, in help's order.
func runnable(cmd *cobra.Command) []*cobra.Command {
	if !cmd.HasSubCommands() && cmd.Runnable() {
		return []*cobra.Command{cmd}
	}
	var all []*cobra.Command
	for _, below := range cmd.Commands() {
		all = append(all, runnable(below)...)
	}
	return all
}

// commandPage is the help of all commands as one page.
func commandPage() string {
	root := newRoot(newScreen(Streams{}))
	var b strings.Builder
	b.WriteString("# Commands\n\nMade from the commands themselves; do not edit. `cairn help COMMAND` says the same. ")
	b.WriteString("[Exit codes](exit-codes.md) and [errors](errors.md) have pages of their own.\n\n")
	for _, cmd := range runnable(root) {
		fmt.Fprintf(&b, "- [`%s`](#%s): %s\n", cmd.CommandPath(), anchor(cmd), cmd.Short)
	}
	fmt.Fprintf(&b, "\nEvery command takes:\n\n```\n%s```\n", root.PersistentFlags().FlagUsages())
	for _, cmd := range runnable(root) {
		text, status, _ := strings.Cut(cmd.Long, "\nEXIT STATUS\n")
		fmt.Fprintf(&b, "\n## <a id=\"%s\"></a>`%s`\n\n%s\n", anchor(cmd), cmd.UseLine(), strings.TrimSpace(text))
		if cmd.HasAvailableLocalFlags() {
			fmt.Fprintf(&b, "\nFlags:\n\n```\n%s```\n", cmd.LocalNonPersistentFlags().FlagUsages())
		}
		fmt.Fprintf(&b, "\nExit status:\n\n```\n%s\n```\n", status)
	}
	return b.String()
}

func anchor(cmd *cobra.Command) string {
	return strings.ReplaceAll(strings.TrimPrefix(cmd.CommandPath(), "cairn "), " ", "-")
}
