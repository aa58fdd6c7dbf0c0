package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/diagram"
	"cairn/internal/cmmn/interchange"
	"cairn/internal/engine"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
)

// notation is what a diagram is written in.
type notation string

const (
	notationSVG     notation = "svg"
	notationMermaid notation = "mermaid"
	notationCMMN    notation = "cmmn"
)

// Set implements pflag.Value.
func (n *notation) Set(text string) error {
	switch notation(text) {
	case notationSVG, notationMermaid, notationCMMN:
		*n = notation(text)
		return nil
	}
	return errors.New("must be svg, mermaid or cmmn")
}

// String implements pflag.Value.
func (n *notation) String() string { return string(*n) }

// Type implements pflag.Value.
func (n *notation) Type() string { return "notation" }

// diagramOptions are the flags of `cairn export diagram`.
type diagramOptions struct {
	notation notation
	scheme   string
	workflow string
}

func newExportDiagram(g *globals) *cobra.Command {
	o := diagramOptions{notation: notationSVG}
	cmd := &cobra.Command{
		Use:   "diagram [MODEL]",
		Short: "Draw the case: as SVG in CMMN's notation, as Mermaid, or as a CMMN 1.1 file",
		Long: `Diagram draws the lab's case as it stands. If there is no lab.yaml, it draws the roadmap alone. With MODEL it draws that file: a roadmap in
YAML, or a case in CMMN 1.1 XML.

EXIT STATUS
  0  the diagram was written
  1  the lab, its journal or the model cannot be read`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runExportDiagram(cmd, g, o, args) },
	}
	cmd.Flags().VarP(&o.notation, "output", "o", "svg, mermaid or cmmn")
	cmd.Flags().StringVar(&o.scheme, "scheme", "auto", "colours of the SVG: light, dark, or auto for what the viewer prefers")
	cmd.Flags().StringVar(&o.workflow, "workflow", string(roadmap.Hybrid), "of a roadmap without a lab: waterfall, agile or hybrid")
	return cmd
}

func runExportDiagram(cmd *cobra.Command, g *globals, o diagramOptions, args []string) error {
	scheme, known := map[string]diagram.Scheme{"auto": diagram.Auto, "light": diagram.Light, "dark": diagram.Dark}[o.scheme]
	if !known {
		return problem.New(problem.CommandUsage, "", "there is no colour scheme "+o.scheme).WithFix("it is auto, light or dark")
	}
	m, marks, err := drawn(cmd, g, o, args)
	if err != nil {
		return err
	}
	out := g.screen.streams.Out
	switch o.notation {
	case notationMermaid:
		_, err = io.WriteString(out, diagram.Mermaid(m, marks))
	case notationCMMN:
		err = interchange.Export(m, out, diagram.Layout(m))
	default:
		_, err = out.Write(diagram.SVG(m, diagram.Layout(m), marks, scheme))
	}
	return err
}

// drawn is the model to draw and the state of its case.
func drawn(cmd *cobra.Command, g *globals, o diagramOptions, args []string) (m *cmmn.Model, marks diagram.Marks, err error) {
	workflow, err := workflowNamed(o.workflow)
	if err != nil {
		return nil, nil, err
	}
	if len(args) > 0 {
		m, _, err := modelNamed(args, workflow)
		return m, nil, err
	}
	err = g.look(cmd.Context(), func(v *engine.View) error {
		m, marks = v.Model(), v.Marks()
		return nil
	})
	if problem.CodeOf(err) == problem.LabMissing {
		m, _, err = modelNamed(nil, workflow)
	}
	return m, marks, err
}
