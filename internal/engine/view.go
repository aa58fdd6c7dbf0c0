package engine

import (
	"context"
	"path/filepath"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/probe"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wiring"
)

// ReadOptions say which lab to read.
type ReadOptions struct {
	Lab     *lab.Lab
	Roadmap *roadmap.Roadmap
	// Services are what the lab runs. nil means none.
	Services *wiring.Wiring
	Now      func() time.Time
	// Waivers stand in for proof in addition to the lab's own.
	Waivers []evidence.Waiver
	// Tasks and Probes replace those of this version. Nil takes all of them.
	Tasks  []task.Definition
	Probes []probe.Probe
}

// Reader reads a lab's case and cannot change it. It has no way to a host, takes
// no lock and appends nothing. So it can read while something else works on the
// lab. Its methods are safe for concurrent use.
type Reader struct {
	journal *journal.Journal
	empty   View // without what the journal says
}

// OpenReader opens the lab's journal for reading. Close the reader after use.
func OpenReader(ctx context.Context, o ReadOptions) (*Reader, error) {
	log, err := journal.OpenToRead(ctx, journalOf(o.Lab))
	if err != nil {
		return nil, err
	}
	return &Reader{log, emptyView(o, log)}, nil
}

// Close closes the journal. Views made before can no longer return history or
// evidence.
func (r *Reader) Close() error { return r.journal.Close() }

// View returns the case as it stands now. Ask for a new view to see later events.
func (r *Reader) View(ctx context.Context) (*View, error) {
	v := r.empty
	return &v, v.load(ctx)
}

// View is a lab's case at one moment. All its answers come from the same state of
// the journal, whatever is written meanwhile. Only the age of evidence and the
// holder of the lab's lock are those at the time of the question. Its methods
// change nothing. Those of a reader's view are safe for concurrent use, also while
// others work on the lab.
type View struct {
	resolved  *resolve.Resolution
	lab       *lab.Lab         // resolved
	roadmap   *roadmap.Roadmap // resolved
	probes    []probe.Probe
	now       func() time.Time
	journal   *journal.Journal
	ledger    *evidence.Ledger
	changes   *changes // nil before they were asked for
	caseState *labCase
}

func emptyView(o ReadOptions, log *journal.Journal) View {
	if o.Probes == nil {
		o.Probes = probe.All()
	}
	resolved := resolve.Of(resolve.Inputs{Lab: o.Lab, Roadmap: o.Roadmap, Services: o.Services, Tasks: o.Tasks, Waivers: o.Waivers})
	return View{
		resolved: resolved, lab: resolved.Lab, roadmap: o.Roadmap, probes: o.Probes, now: o.Now, journal: log,
	}
}

// events is what projections are made from: the journal at the time of each
// question, or at one moment.
type events interface {
	EachOfType(ctx context.Context, after int64, do func(position int64, e journal.Event) error, types ...string) (int64, error)
	NewestOfEach(ctx context.Context, typ string) ([]journal.Event, error)
	LastPositions(ctx context.Context, typ string) (map[string]int64, error)
	Snapshot(ctx context.Context, name string) (position int64, body []byte, err error)
}

// load makes the projections that every answer needs, all from one moment.
func (v *View) load(ctx context.Context) error {
	return v.journal.Read(ctx, func(log *journal.Reading) (err error) {
		if v.ledger, err = readLedger(ctx, log); err != nil {
			return err
		}
		if err := v.outdate(ctx, log); err != nil {
			return err
		}
		v.caseState, err = loadCase(ctx, log, v.roadmap, v.lab.Workflow)
		return err
	})
}

// StateDirOf returns the folder where Cairn keeps what it knows of a lab.
func StateDirOf(l *lab.Lab) string { return filepath.Join(l.Dir, StateDir) }

func journalOf(l *lab.Lab) string { return filepath.Join(StateDirOf(l), "journal.db") }

// stateDir is the lab's own folder for what Cairn keeps.
func (v *View) stateDir() string { return StateDirOf(v.lab) }
