package cli

import (
	"bufio"
	"context"
	"encoding/json"

	"cairn/internal/engine"
	"cairn/internal/evidence"
)

// runExportEvidence writes one record a line, whatever the format: evidence is
// for programs.
func runExportEvidence(ctx context.Context, g *globals) error {
	return g.look(ctx, func(v *engine.View) error {
		out := bufio.NewWriter(g.screen.streams.Out)
		encoder := json.NewEncoder(out)
		if err := v.Evidence(ctx, func(r evidence.Record) error { return encoder.Encode(r) }); err != nil {
			return err
		}
		return out.Flush()
	})
}
