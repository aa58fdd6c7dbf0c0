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
// verified. Records that are written meanwhile are not among them. The error of do
// ends it.
func (v *View) Evidence(ctx context.Context, do func(evidence.Record) error) error {
	return v.journal.Read(ctx, func(log *journal.Reading) error {
		if err := log.Verify(ctx); err != nil {
			return err
		}
		if err := eachRecord(ctx, log, new(evidence.Chain).Add); err != nil {
			return err
		}
		return eachRecord(ctx, log, do)
	})
}

// eachRecord calls do with every record, one at a time: all of them may be more than
// the memory holds.
func eachRecord(ctx context.Context, log past, do func(evidence.Record) error) error {
	_, err := log.EachOfType(ctx, 0, func(_ int64, event journal.Event) error {
		record, err := recordIn(event)
		if err != nil {
			return err
		}
		return do(record)
	}, typeEvidence)
	return err
}

// readLedger makes the ledger out of the journal: the newest record of each look.
func readLedger(ctx context.Context, log past) (*evidence.Ledger, error) {
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
