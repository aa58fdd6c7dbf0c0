package rehearse

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"cairn/internal/engine"
	"cairn/internal/evidence"
	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/roadmap"
	"cairn/internal/standin"
	"cairn/internal/task"
	"cairn/internal/throwaway"
	"cairn/internal/wiring"
)

// WalkOptions says what to rehearse, and how far.
type WalkOptions struct {
	Lab      *lab.Lab
	Roadmap  *roadmap.Roadmap
	Services *wiring.Wiring // what follows from the lab's services; nil is none
	Until    string         // a stage's id; empty means as far as this version can go
	Keep     bool           // leave the hosts and the lab's folder for inspection
	Now      func() time.Time
	// Progress receives events one at a time; it may be nil.
	Progress func(engine.Event)
}

// WalkReport is the result of a rehearsal.
type WalkReport struct {
	Notes  []string         `json:"notes,omitempty"`  // how the rehearsal differs from the owner's lab
	Images []Image          `json:"images,omitempty"` // of the lab's services
	Plan   *engine.Plan     `json:"plan"`
	Up     *engine.UpReport `json:"up"`
	Again  *engine.UpReport `json:"again"` // the second up, which must change nothing
	Status *engine.Status   `json:"status"`
	Kept   *Kept            `json:"kept,omitempty"` // what was left for inspection
}

// Kept is a rehearsal that was not removed.
type Kept struct {
	Folder string   `json:"folder"` // the lab's: its key, pinned host keys and journal
	Logins []string `json:"logins"` // a command for each host
}

// Walk makes throw-away hosts that mirror the lab, walks the roadmap on them as
// `cairn up` does, walks it a second time, and removes everything. It first
// removes what crashed rehearsals left behind. If it returns an error, the
// report holds what was done up to there.
func Walk(ctx context.Context, o WalkOptions) (report *WalkReport, err error) {
	if err := engine.ValidUntil(o.Roadmap, o.Until); err != nil {
		return &WalkReport{}, err
	}
	w := &walk{options: o, report: &WalkReport{}, run: strings.ToLower(rand.Text()[:8])}
	w.tell("", "checking what this machine can do")
	// An error that stops the sweep stops Start too, and Start explains it better.
	if removed, err := throwaway.Sweep(ctx, throwaway.Docker{}); err == nil && len(removed) > 0 {
		w.tell("", "removed what an interrupted rehearsal left: "+strings.Join(removed, ", "))
	}
	w.folder = throwaway.FolderOf(w.run)
	if err := os.Mkdir(w.folder, 0o700); err != nil {
		return w.report, problem.Wrap(problem.RehearsalHostFailed, "", "cannot make a folder for the rehearsal", err)
	}
	if !o.Keep {
		defer func() { err = errors.Join(err, os.RemoveAll(w.folder)) }()
	}
	return w.report, w.on(ctx)
}

// walk is one rehearsal of a lab.
type walk struct {
	options WalkOptions
	report  *WalkReport
	run     string
	folder  string
	images  []standin.Made // which the hosts get from a registry beside them
}

func (w *walk) tell(host, text string) {
	if w.options.Progress != nil {
		w.options.Progress(engine.Event{At: w.options.Now(), Type: EventRehearsal, Host: host, Text: text})
	}
}

// EventRehearsal is the type of events about the throw-away hosts themselves.
const EventRehearsal = "rehearsal"

func (w *walk) on(ctx context.Context) (err error) {
	if err := w.prepareImages(ctx); err != nil {
		return err
	}
	keyFile := filepath.Join(w.folder, "id_ed25519")
	key, err := ownerKey(keyFile)
	if err != nil {
		return err
	}
	r, err := throwaway.Start(ctx, throwaway.Options{Lab: w.options.Lab, RunID: w.run, Key: key, Keep: w.options.Keep, Nested: task.WithDocker(w.options.Lab), Progress: w.tell})
	if err != nil {
		return err
	}
	defer func() {
		if !w.options.Keep {
			w.tell("", "removing the throw-away hosts")
		}
		err = errors.Join(err, r.Close())
	}()
	w.report.Notes = r.Notes
	mirrored := *r.Lab
	mirrored.Dir, mirrored.SSH.Key = w.folder, keyFile
	if w.options.Keep {
		w.report.Kept = &Kept{Folder: w.folder, Logins: logins(&mirrored)}
	}
	if err := errors.Join(pin(&mirrored, r), w.offerImages(ctx, r, &mirrored)); err != nil {
		return err
	}
	return w.through(ctx, &mirrored)
}

// logins returns the commands by which an owner gets into the hosts.
func logins(l *lab.Lab) []string {
	var lines []string
	for _, h := range l.Hosts {
		user := h.User
		if h.OnlyVantage() {
			user = "root" // nothing was changed there
		}
		lines = append(lines, fmt.Sprintf("ssh -i %s -o UserKnownHostsFile=%s -o HostKeyAlias=%s -p %d %s@%s",
			l.SSH.Key, filepath.Join(engine.StateDirOf(l), "known_hosts"), h.Name, h.Port, user, h.At()))
	}
	return lines
}

// services are those of the lab, on the throw-away hosts. A stand-in has not the digest
// that the lab's image lock names.
func (w *walk) services(l *lab.Lab) *wiring.Wiring {
	services := w.options.Services.At(l)
	if len(w.images) > 0 {
		services.Pin(nil)
	}
	return services
}

// through walks the roadmap twice. The second time must find nothing to do.
func (w *walk) through(ctx context.Context, l *lab.Lab) error {
	connector, err := host.New(host.Options{Lab: l, Dir: engine.StateDirOf(l), Home: l.Dir, Now: w.options.Now, Progress: w.tell})
	if err != nil {
		return err
	}
	secrets := &MadeUp{}
	e, err := engine.Open(ctx, engine.Options{
		Lab: l, Roadmap: w.options.Roadmap, Services: w.services(l), Secrets: secrets.Secrets, Root: secrets.RootCertificate, Connector: connector, Login: host.Login{User: "root"}, Now: w.options.Now,
		Progress: w.options.Progress, Waivers: Waivers(w.options.Now()),
	})
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	w.report.Up, err = e.Up(ctx, engine.UpOptions{Until: w.options.Until})
	if w.report.Up != nil {
		w.report.Plan = w.report.Up.Plan
	}
	w.report.Status = e.Status()
	if err != nil {
		return err
	}
	w.tell("", "walking a second time: nothing should be left to do")
	w.report.Again, err = e.Up(ctx, engine.UpOptions{Until: w.options.Until})
	w.report.Status = e.Status()
	if err == nil && w.report.Again.Plan.Changes() > 0 {
		err = problem.New(problem.RunFailed, "", "the second run still found changes, so the first did not reach the state that the lab declares").
			WithFix("this is a bug in Cairn: please report it with the output of `cairn rehearse -o json`")
	}
	return err
}

// Waivers returns the waivers for what throw-away hosts cannot show, because
// they share this machine's hardware and clock.
func Waivers(now time.Time) []evidence.Waiver {
	const day = 24 * time.Hour
	return []evidence.Waiver{
		{Checkpoint: "foundation.hardware-recognised/hardware", Reason: "not observable in a rehearsal: throw-away hosts have this machine's hardware", Expires: now.Add(day)},
		{Checkpoint: "foundation.time-synchronised/clock-synchronised", Reason: "not observable in a rehearsal: throw-away hosts have this machine's clock", Expires: now.Add(day)},
	}
}

// ownerKey makes a key in place of the owner's, and returns its public half.
func ownerKey(path string) (ssh.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "cairn rehearsal")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, err
	}
	return ssh.NewPublicKey(public)
}

// pin writes the throw-away hosts' keys into the file of pinned keys, because
// nobody is there to compare them.
func pin(l *lab.Lab, r *throwaway.Hosts) error {
	var lines strings.Builder
	for _, h := range l.Hosts {
		for _, key := range r.HostKeys(h.Name) {
			if key.Type() == ssh.KeyAlgoED25519 {
				lines.WriteString(knownhosts.Line([]string{h.Name}, key) + "\n")
			}
		}
	}
	dir := engine.StateDirOf(l)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(lines.String()), 0o600)
}
