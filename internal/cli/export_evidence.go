package cli

import (
	"context"
	"encoding/json"
)

// runExportEvidence writes one record a line, whatever the format: evidence is
// for programs.
func runExportEvidence(ctx context.Context, g *globals) error {
	e, err := g.look(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	records, err := e.Evidence(ctx)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(g.screen.streams.Out)
	for _, r := range records {
		if err := encoder.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
