package cli

import (
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/lab"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

func newExport(g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the roadmap, its diagram, the evidence or the lab file's schema for other programs",
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "roadmap", Short: "Write the roadmap, as Markdown or JSON", Args: cobra.NoArgs,
			Long: exportHelp("The roadmap is the same for every lab, so this needs no lab.", "the roadmap was written"),
			RunE: func(*cobra.Command, []string) error { return runExportRoadmap(g) },
		},
		newExportDiagram(g),
		&cobra.Command{
			Use: "evidence", Short: "Write all evidence as JSON, in the order of its chain, after verifying it", Args: cobra.NoArgs,
			Long: exportHelp("The output is for programs: one JSON record on each line, whatever -o says.", "the evidence was written; its chain is whole"),
			RunE: func(cmd *cobra.Command, _ []string) error { return runExportEvidence(cmd.Context(), g) },
		},
		&cobra.Command{
			Use: "schema", Short: "Write the JSON Schema of lab.yaml", Args: cobra.NoArgs,
			Long: exportHelp("Editors use it to complete and check lab.yaml.", "the schema was written"),
			RunE: func(*cobra.Command, []string) error {
				_, err := g.screen.streams.Out.Write(lab.Schema())
				return err
			},
		},
	)
	return cmd
}

// exportHelp is the help of an export: what it gives, and its exit status.
func exportHelp(text, worked string) string {
	return text + "\n\nEXIT STATUS\n  0  " + worked + "\n  1  a file that it needs cannot be read"
}

func runExportRoadmap(g *globals) error {
	r, err := roadmap.Homelab(task.Implemented)
	if err != nil {
		return err
	}
	return g.screen.result(r, func(w io.Writer) { _, _ = w.Write(roadmap.Markdown(r)) })
}
