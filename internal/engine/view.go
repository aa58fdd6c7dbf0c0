package engine

import (
	"context"
	"path/filepath"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/resolve"
	"cairn/internal/roadmap"
	"cairn/internal/task"
)

// ReadOptions say which lab is read.
type ReadOptions struct {
	Lab     *lab.Lab
	Roadmap *roadmap.Roadmap
	Now     func() time.Time
	// Waivers stand in for proof in addition to the lab's own.
	Waivers []evidence.Waiver
	// Tasks are what this version carries out; nil takes all.
	Tasks []task.Definition
}

// Reader reads a lab's case, and can do nothing to it: it has no way to a host, takes
// no lock and appends nothing, so it reads beside whatever works on the lab. Its
// methods may be called at the same time.
type Reader struct {
	journal *journal.Journal
	empty   View // without what the journal says
}

// OpenReader opens the lab's journal to read it. Close it.
func OpenReader(ctx context.Context, o ReadOptions) (*Reader, error) {
	log, err := journal.OpenToRead(ctx, journalOf(o.Lab))
	if err != nil {
		return nil, err
	}
	return &Reader{log, emptyView(o, log)}, nil
}

// Close closes the journal; views that were made cannot be asked for history or
// evidence any more.
func (r *Reader) Close() error { return r.journal.Close() }

// View is the case as it stands now. Ask for a new one to see what happened since.
func (r *Reader) View(ctx context.Context) (*View, error) {
	v := r.empty
	return &v, v.load(ctx)
}

// View is a lab's case at one moment: all that it answers is of the same journal,
// whatever is written meanwhile. Only how old evidence is, and who has the lab's
// lock, is of the time at which it is asked. Its methods change nothing and may be
// called at the same time, those of a reader's view also while others work on the lab.
type View struct {
	resolved *resolve.Resolution
	lab      *lab.Lab         // resolved
	roadmap  *roadmap.Roadmap // resolved
	now      func() time.Time
	journal  *journal.Journal
	ledger   *evidence.Ledger
	changes  *changes // nil before they were asked for
	theCase  *labCase
}

func emptyView(o ReadOptions, log *journal.Journal) View {
	return View{
		resolved: resolve.Of(resolve.Inputs{Lab: o.Lab, Roadmap: o.Roadmap, Tasks: o.Tasks, Waivers: o.Waivers}),
		lab:      o.Lab, roadmap: o.Roadmap, now: o.Now, journal: log,
	}
}

// past is what projections are made from: the journal as it is whenever it is asked,
// or at one moment.
type past interface {
	EachOfType(ctx context.Context, after int64, do func(position int64, e journal.Event) error, types ...string) (int64, error)
	NewestOfEach(ctx context.Context, typ string) ([]journal.Event, error)
	LastPositions(ctx context.Context, typ string) (map[string]int64, error)
	Snapshot(ctx context.Context, name string) (position int64, body []byte, err error)
}

// load makes the projections that every answer needs, all of them from one moment.
func (v *View) load(ctx context.Context) error {
	return v.journal.Read(ctx, func(log *journal.Reading) (err error) {
		if v.ledger, err = readLedger(ctx, log); err != nil {
			return err
		}
		if err := v.outdate(ctx, log); err != nil {
			return err
		}
		v.theCase, err = loadCase(ctx, log, v.roadmap, v.lab.Workflow)
		return err
	})
}

// StateDirOf is where Cairn keeps what it knows of a lab.
func StateDirOf(l *lab.Lab) string { return filepath.Join(l.Dir, StateDir) }

func journalOf(l *lab.Lab) string { return filepath.Join(StateDirOf(l), "journal.db") }

// stateDir is the lab's own folder for what Cairn keeps.
func (v *View) stateDir() string { return StateDirOf(v.lab) }
