package cli

import (
	"bufio"
	"context"
	"encoding/json"

	"cairn/internal/evidence"
)

// runExportEvidence writes one record a line, whatever the format: evidence is
// for programs.
func runExportEvidence(ctx context.Context, g *globals) error {
	e, err := g.look(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	out := bufio.NewWriter(g.screen.streams.Out)
	encoder := json.NewEncoder(out)
	if err := e.Evidence(ctx, func(r evidence.Record) error { return encoder.Encode(r) }); err != nil {
		return err
	}
	return out.Flush()
}
