package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"cairn/internal/evidence"
	"cairn/internal/journal"
)

// Evidence calls do with every record of the journal and its archive, in the order
// they were sealed, after both were checked and the chain of all records was
// verified. The error of do ends it.
func (e *Engine) Evidence(ctx context.Context, do func(evidence.Record) error) error {
	if err := e.journal.Verify(ctx); err != nil {
		return err
	}
	if err := e.eachRecord(ctx, new(evidence.Chain).Add); err != nil {
		return err
	}
	return e.eachRecord(ctx, do)
}

// eachRecord calls do with every record, one at a time: all of them may be more than
// the memory holds.
func (e *Engine) eachRecord(ctx context.Context, do func(evidence.Record) error) error {
	_, err := e.journal.EachOfType(ctx, 0, func(_ int64, event journal.Event) error {
		record, err := recordIn(event)
		if err != nil {
			return err
		}
		return do(record)
	}, typeEvidence)
	return err
}

// readLedger makes the ledger out of the journal: the newest record of each look.
func readLedger(ctx context.Context, log *journal.Journal) (*evidence.Ledger, error) {
	events, err := log.NewestOfEach(ctx, typeEvidence)
	if err != nil {
		return nil, err
	}
	records := make([]evidence.Record, len(events))
	for i, event := range events {
		if records[i], err = recordIn(event); err != nil {
			return nil, err
		}
	}
	return evidence.NewLedger(records), nil
}

func recordIn(event journal.Event) (r evidence.Record, err error) {
	if err := json.Unmarshal(event.Body, &r); err != nil {
		return r, fmt.Errorf("evidence %d of %s: %w", event.Seq, event.Run, err)
	}
	return r, nil
}
