package engine

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sync/errgroup"

	"cairn/internal/distro"
	"cairn/internal/evidence"
	"cairn/internal/host"
	"cairn/internal/journal"
	"cairn/internal/lab"
	"cairn/internal/probe"
	"cairn/internal/problem"
	"cairn/internal/resolve"
	"cairn/internal/task"
	"cairn/internal/vantage"
	"cairn/internal/wire"
)

// lookTime bounds one look. The longest is a scan in which every port stays
// silent.
const lookTime = 3 * time.Minute

// looksAtOnce is how many looks run at the same time. It is low enough to keep
// their logins below sshd's MaxStartups.
const looksAtOnce = 4

// typeEvidence is the journal's type of an evidence record.
const typeEvidence = "evidence.recorded"

// look takes the looks, journals their records in the given order, and returns
// them. A look that bans may have prevented is never refuted.
func (e *Engine) look(ctx context.Context, f *fleet, looks []resolve.Look, b *bans) ([]evidence.Record, error) {
	nonce := rand.Text()
	e.tellProving(looks)
	records := make([]evidence.Record, len(looks))
	var group errgroup.Group
	var told sync.Map // why nobody can look from a place is said once
	group.SetLimit(looksAtOnce)
	for i, p := range looks {
		group.Go(func() error {
			event := Event{Type: EventLooking, Checkpoint: p.Checkpoint, Probe: p.Probe, Host: p.Host, Vantage: p.Vantage, About: p.Subject.String()}
			e.tell(event)
			far := func(percent int) {
				event := event
				event.Type, event.Text = EventLookFar, fmt.Sprintf("scanning ports: %d %%", percent)
				e.tell(event)
			}
			records[i] = e.lookOnce(vantage.Telling(ctx, far), f, p, nonce, b)
			// Shown is what the look is worth. With a waiver that can be more than what was
			// seen.
			verdict := evidence.NewLedger(records[i:i+1]).Judge(p.Look, e.resolved.Waivers, e.now())
			event.Type, event.Outcome, event.Text = EventLook, string(verdict.Outcome), verdict.Reason
			if strings.HasPrefix(verdict.Reason, evidence.CannotLook(p.Vantage)) {
				if _, again := told.LoadOrStore(verdict.Reason, true); again {
					event.Text = ""
				}
			}
			e.tell(event)
			return nil
		})
	}
	_ = group.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return records, e.record(ctx, records)
}

// tellProving reports which checkpoints are looked at next.
func (e *Engine) tellProving(looks []resolve.Look) {
	told := map[string]bool{}
	for _, p := range looks {
		if c, known := e.roadmap.Checkpoint(p.Checkpoint); known && !told[c.ID] {
			told[c.ID] = true
			e.tell(Event{Type: EventProving, Checkpoint: c.ID, Text: c.Name})
		}
	}
}

// record seals and writes all records, or none.
func (e *Engine) record(ctx context.Context, records []evidence.Record) error {
	events := make([]journal.Event, len(records))
	last := e.ledger.Last()
	for i := range records {
		records[i] = records[i].Seal(last)
		last = records[i].Hash
		body, err := json.Marshal(records[i])
		if err != nil {
			return err
		}
		events[i] = journal.Event{
			Run: e.command, Host: journal.Controller, At: records[i].Started, Type: typeEvidence, Subject: records[i].Key(), Body: body,
		}
	}
	if _, err := e.journal.Append(ctx, events...); err != nil {
		return err
	}
	for _, r := range records {
		e.ledger.Add(r)
	}
	return nil
}

func (e *Engine) lookOnce(ctx context.Context, f *fleet, p resolve.Look, nonce string, b *bans) evidence.Record {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	started := e.now()
	finding := e.observe(ctx, f, p, nonce, b)
	return evidence.Record{
		Look: p.Look, Started: started, Took: e.now().Sub(started).Round(time.Millisecond), Outcome: finding.Outcome, Reason: finding.Reason, Remedy: finding.Remedy,
		Expected: finding.Expected, Observed: finding.Observed, Fresh: p.Fresh, Nonce: nonce,
	}
}

// observe collects everything a probe needs. If something is missing, the look is
// unproven, with the reason.
func (e *Engine) observe(ctx context.Context, f *fleet, p resolve.Look, nonce string, b *bans) probe.Finding {
	unproven := func(err error) probe.Finding {
		f := probe.Finding{Outcome: evidence.Unproven, Reason: err.Error()}
		if p := problem.Of(err); p != nil {
			f.Remedy = p.Remedy()
		}
		return f
	}
	look, known := probe.Find(e.probes, p.Probe)
	if !known {
		return unproven(fmt.Errorf("this version of Cairn has no probe %q", p.Probe))
	}
	h, _ := e.lab.Host(p.Host)
	inside, err := f.session(ctx, h)
	if err != nil && !look.Outside {
		return unproven(err)
	}
	from, err := e.place(ctx, f, p.Vantage)
	if err != nil {
		return unproven(err)
	}
	target, err := e.target(ctx, h, inside, p.Vantage)
	if err != nil {
		return unproven(err)
	}
	if e.root != nil {
		if target.Root, err = e.root(); err != nil {
			return unproven(err)
		}
	}
	target.Subject, target.Arguments, target.Nonce = p.Subject, p.Arguments, nonce
	return b.doubt(ctx, from, target, p, look.Look(ctx, from, target))
}

// target describes what a probe looks at. inside is nil if the host lets nobody
// in.
func (e *Engine) target(ctx context.Context, h lab.Host, inside *host.Session, vantage string) (probe.Target, error) {
	owner, err := e.ownerOf(ctx, h, inside)
	if err != nil {
		return probe.Target{}, err
	}
	pinned, known := e.connector.HostKey(h)
	if !known {
		return probe.Target{}, fmt.Errorf("no host key is pinned for %s", h.Name)
	}
	offer, err := e.connector.OwnerOffer(ctx, h)
	if err != nil {
		return probe.Target{}, err
	}
	target := probe.Target{Lab: e.lab, Host: h, Owner: owner, HostKey: pinned}
	for _, signer := range offer.Signers(ctx) {
		target.OwnerKeys = append(target.OwnerKeys, signer.PublicKey())
	}
	for _, line := range e.lab.SSH.FurtherKeys {
		if key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line)); err == nil && !bytes.Equal(key.Marshal(), owner.PublicKey().Marshal()) {
			target.FurtherKeys = append(target.FurtherKeys, key)
		}
	}
	if inside == nil {
		return target, nil
	}
	facts := inside.Hello().Facts
	target.Inside, target.Port = inside, inside.Port()
	target.Sources = sourcesOf(e.lab, vantage, h, facts.Peer)
	target.Expect = probe.Expectation{
		SSHOptions: task.EffectiveSSH(e.resolved.Host(h, facts, "")),
		Openings:   e.resolved.Openings(h),

		UpdateTimers: distro.Of(facts.OS.ID, facts.OS.Version).Updates.Timers,
	}
	return target, nil
}

// ownerOf returns the owner's key for a host: the one that is set up there. If the
// host lets nobody in, it is the first key that would be offered.
func (e *Engine) ownerOf(ctx context.Context, h lab.Host, inside *host.Session) (ssh.Signer, error) {
	if inside != nil {
		key, err := e.connector.OwnerKey(ctx, inside)
		return key.Signer, err
	}
	offer, err := e.connector.OwnerOffer(ctx, h)
	if err != nil {
		return nil, err
	}
	return offer.Signers(ctx)[0], nil
}

// place is a vantage: this machine, or a host of the lab.
func (e *Engine) place(ctx context.Context, f *fleet, name string) (probe.Vantage, error) {
	if name == resolve.FromController {
		return namedLooker{e.local, name}, nil
	}
	h, _ := e.lab.Host(name)
	session, err := f.session(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("%s%w", evidence.CannotLook(name), err)
	}
	return namedLooker{session, name}, nil
}

// looker is what sessions and this machine have in common.
type looker interface {
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error)
	Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error)
}

// namedLooker is a looker with the name of its place.
type namedLooker struct {
	looker
	name string
}

// Name implements [probe.Vantage].
func (n namedLooker) Name() string { return n.name }
