package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"cairn/internal/lab"
	"cairn/internal/names"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// completion is the function that a shell calls to complete a word.
type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeWords completes one argument with fixed words.
func completeWords(words ...string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeIDs completes arguments with ids of the roadmap, of the given sorts or
// all. most is how many arguments the command takes.
func completeIDs(most int, sorts ...roadmap.Sort) completion {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		r, err := roadmap.Homelab(task.Implemented)
		if err != nil || len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var ids []string
		for _, name := range r.Names() {
			if (len(sorts) == 0 || slices.Contains(sorts, name.Sort)) && !slices.Contains(args, name.ID) {
				ids = append(ids, name.ID)
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeHosts completes one argument with the hosts of the lab here.
func (g *globals) completeHosts(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var l *lab.Lab
	if len(args) == 0 {
		l, _, _ = g.loadLab() // a lab that is not right has no names to offer
	}
	if l == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return hostNames(l), cobra.ShellCompDirectiveNoFileComp
}

// completeServices completes one argument with the services of the catalog.
func (g *globals) completeServices(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if l, err := g.loadServices(); err == nil && len(args) == 0 {
		names = l.catalog.Names()
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePlaced completes one argument with the services that the lab runs.
func (g *globals) completePlaced(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if in, err := g.loadWired(); err == nil && len(args) == 0 {
		for _, r := range in.services.Releases {
			if !slices.Contains(names, r.Service.Name) {
				names = append(names, r.Service.Name)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completions set how the commands below root complete their arguments, by the
// commands' paths.
func (g *globals) completions(root *cobra.Command) {
	const all = 1000
	arguments := map[string]completion{
		"explain": completeIDs(1), "check": completeIDs(all, roadmap.SortCheckpoint),
		"task show": completeIDs(1, roadmap.SortTask), "task plan": completeIDs(1, roadmap.SortTask), "task unplan": completeIDs(1, roadmap.SortTask),
		"task done": completeIDs(1, roadmap.SortTask), "task attest": completeIDs(1, roadmap.SortCriterion),
		"host add": g.completeHosts, "host forget": g.completeHosts, "host purge": g.completeHosts,
		"secret set": g.completeSecrets, "secret get": g.completeSecrets, "secret rotate": g.completeSecrets,
		"service show": g.completeServices, "service add": g.completeServices, "service remove": g.completeServices,
		"service logs": g.completePlaced, "service restart": g.completePlaced, "service open": g.completePlaced, "service upgrade": g.completePlaced, "service rollback": g.completePlaced,
	}
	flags := map[string]completion{
		"until": completeIDs(1, roadmap.SortStage), "workflow": completeWords("waterfall", "agile", "hybrid"), "scheme": completeWords("auto", "light", "dark"),
		"on":   g.completeHosts,
		"make": completeWords("password", "hex", "base64", "uuid"),
		"for":  completeWords(names.Formats()...),
	}
	var visit func(cmd *cobra.Command, path string)
	visit = func(cmd *cobra.Command, path string) {
		if complete, known := arguments[path]; known {
			cmd.ValidArgsFunction = complete
		}
		for name, complete := range flags {
			if cmd.Flags().Lookup(name) != nil {
				_ = cmd.RegisterFlagCompletionFunc(name, complete) // it fails only for a flag that is not there
			}
		}
		if cmd.LocalNonPersistentFlags().Lookup("output") != nil && cmd.HasParent() {
			_ = cmd.RegisterFlagCompletionFunc("output", completeWords("svg", "mermaid", "cmmn"))
		}
		for _, below := range cmd.Commands() {
			visit(below, words(path, below.Name()))
		}
	}
	visit(root, "")
	_ = root.RegisterFlagCompletionFunc("output", completeWords("text", "json", "ndjson"))
}
