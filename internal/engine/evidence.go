package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"cairn/internal/evidence"
	"cairn/internal/journal"
)

// Evidence checks all records of the journal and its archive, verifies their
// chain, and then calls do with each of them in the order they were sealed.
// Records written meanwhile are left out. An error from do ends it.
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

// eachRecord calls do with one record at a time, because all of them may not fit
// into memory.
func eachRecord(ctx context.Context, log events, do func(evidence.Record) error) error {
	_, err := log.EachOfType(ctx, 0, func(_ int64, event journal.Event) error {
		record, err := recordIn(event)
		if err != nil {
			return err
		}
		return do(record)
	}, typeEvidence)
	return err
}

// readLedger makes the ledger from the journal: the newest record of each look.
func readLedger(ctx context.Context, log events) (*evidence.Ledger, error) {
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
