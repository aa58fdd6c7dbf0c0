package engine

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"cairn/internal/evidence"
	"cairn/internal/host"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/probe"
	"cairn/internal/roadmap"
	"cairn/internal/task"
	"cairn/internal/wiring"
)

// StateDir is the folder beside lab.yaml in which Cairn keeps the journal, the
// pinned host keys and the lab file's schema.
const StateDir = ".cairn"

// Options say what an engine works on.
type Options struct {
	Lab     *lab.Lab
	Roadmap *roadmap.Roadmap
	// Services are what the lab runs, and Secrets where their secrets come from. Root
	// is where the root certificate of the lab's authority comes from. nil means none.
	Services *wiring.Wiring
	Secrets  Secrets
	Root     Root
	// KeepImages keeps which images the hosts run. nil keeps none.
	KeepImages KeepImages
	Connector  *host.Connector
	// Login is how to log in where the owner's key is not accepted yet.
	Login host.Login
	Now   func() time.Time
	// Progress receives events as they happen, one at a time. It may be nil.
	Progress func(Event)
	// Waivers stand in for proof, beside the lab's own. A rehearsal waives what
	// throw-away hosts cannot show.
	Waivers []evidence.Waiver
	// Tasks and Probes replace those of this version. Nil takes all of them.
	Tasks  []task.Definition
	Probes []probe.Probe
	// Only are the names of the hosts to look at and to change; empty takes all.
	Only []string
	// LookOnly promises that nothing will be done. A lab without a journal then stays
	// without one.
	LookOnly bool
}

// view is the engine's own [View]. It follows what the engine does.
type view = View

// Engine walks one lab. Its methods must not be called at the same time. For
// reading alone there is [Reader].
type Engine struct {
	view
	connector *host.Connector
	login     host.Login
	progress  func(Event)
	local     host.Local
	only      []string
	outcomes  *outcomes
	secrets   serviceSecrets
	root      Root
	images    KeepImages
	// command is the run id of what the controller does by itself.
	command string
}

// Open opens the lab's journal and brings the case to its present state. Close the
// engine after use.
func Open(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{
		view:      emptyView(ReadOptions{Lab: o.Lab, Roadmap: o.Roadmap, Services: o.Services, Now: o.Now, Waivers: o.Waivers, Tasks: o.Tasks, Probes: o.Probes}, nil),
		connector: o.Connector, login: o.Login,
		secrets: serviceSecrets{from: o.Secrets}, root: o.Root, images: o.KeepImages,
		local: host.Local{}, only: o.Only, outcomes: newOutcomes(), progress: serialised(o.Progress),
	}
	if err := e.knowsOnly(); err != nil {
		return nil, err
	}
	e.command = e.newID()
	open := journal.Open
	if o.LookOnly {
		open = journal.OpenToRead
	}
	log, err := open(ctx, journalOf(o.Lab))
	if err != nil {
		return nil, err
	}
	e.journal = log
	if err := e.load(ctx); err != nil {
		_ = log.Close()
		return nil, err
	}
	return e, nil
}

// Close closes the journal.
func (e *Engine) Close() error { return e.journal.Close() }

// newID returns a name for a run: its start time for people, and 40 random bits
// against two at once.
func (e *Engine) newID() string {
	return e.now().UTC().Format("20060102t150405") + "-" + strings.ToLower(rand.Text()[:8])
}

// note journals one of the controller's own events.
func (e *Engine) note(ctx context.Context, run, typ, subject string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = e.journal.Append(ctx, journal.Event{Run: run, Host: journal.Controller, At: e.now(), Type: typ, Subject: subject, Body: encoded})
	return err
}
