package engine

import (
	"context"
	"encoding/json"
	"time"

	"cairn/internal/cmmn"
	"cairn/internal/journal"
	"cairn/internal/problem"
)

// casePast is the result of the case's turns. It is kept as a snapshot, so that
// only newer turns are read.
type casePast struct {
	Turns   int           `json:"turns"`
	Begun   time.Time     `json:"begun"`
	Effects []cmmn.Effect `json:"effects"` // of all turns, those that no longer matter left out

	position, kept int64 // up to which the journal was read, and up to which for the snapshot
}

// snapshotOfCase is the name of the snapshot. Its number goes up when the content
// changes form.
const snapshotOfCase = "case/1"

// readPast reads the snapshot and the turns after it.
func readPast(ctx context.Context, log events) (*casePast, error) {
	p := &casePast{}
	position, body, err := log.Snapshot(ctx, snapshotOfCase)
	if err != nil {
		return nil, err
	}
	if body != nil {
		if err := json.Unmarshal(body, p); err != nil {
			return nil, problem.Wrap(problem.JournalCorrupt, snapshotOfCase, "the journal's record of the case cannot be read", err)
		}
	}
	p.kept = position
	p.position, err = eachTurn(ctx, log, position, func(turn cmmn.Turn) {
		if p.Turns == 0 {
			p.Begun = turn.At
		}
		p.Turns, p.Effects = p.Turns+1, append(p.Effects, turn.Effects...)
	})
	return p, err
}

// eachTurn calls do with every turn after a position, the oldest first, and returns
// the position up to which the journal was read.
func eachTurn(ctx context.Context, log events, after int64, do func(cmmn.Turn)) (int64, error) {
	return log.EachOfType(ctx, after, func(_ int64, event journal.Event) error {
		turn, err := turnIn(event)
		if err == nil {
			do(turn)
		}
		return err
	}, typeTurn)
}

func turnIn(event journal.Event) (t cmmn.Turn, err error) {
	if err := json.Unmarshal(event.Body, &t); err != nil {
		return t, problem.Wrap(problem.JournalCorrupt, event.Run, "the journal's record of the case cannot be read", err)
	}
	return t, nil
}

// keep writes the snapshot if it is out of date.
func (p *casePast) keep(ctx context.Context, log *journal.Journal) error {
	if p.position == p.kept {
		return nil
	}
	p.Effects = cmmn.Condense(p.Effects)
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return log.KeepSnapshot(ctx, snapshotOfCase, p.position, body)
}
