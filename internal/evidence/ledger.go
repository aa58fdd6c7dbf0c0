package evidence

import "time"

// Ledger holds the latest record of every look. The zero value is empty. Only
// one goroutine may use it at a time.
type Ledger struct {
	latest   map[Look]Record
	outdated map[Look]string
	last     string
}

// NewLedger makes a ledger from records in the order in which they were sealed.
func NewLedger(records []Record) *Ledger {
	l := &Ledger{latest: make(map[Look]Record, len(records))}
	for _, r := range records {
		l.Add(r)
	}
	return l
}

// Add records a newer record. It replaces the last one of its look.
func (l *Ledger) Add(r Record) {
	if l.latest == nil {
		l.latest = map[Look]Record{}
	}
	l.latest[r.Look] = r
	l.last = r.Hash
	delete(l.outdated, r.Look)
}

// Outdate makes the newest record of a look stop counting, for a reason: its
// subject was changed afterwards. The next record counts again.
func (l *Ledger) Outdate(look Look, why string) {
	if l.outdated == nil {
		l.outdated = map[Look]string{}
	}
	l.outdated[look] = why
}

// Last returns the hash that the next record must continue the chain from.
func (l *Ledger) Last() string { return l.last }

// Latest returns the newest record of a look, and whether there is one.
func (l *Ledger) Latest(look Look) (Record, bool) {
	r, ok := l.latest[look]
	return r, ok
}

// Verdict says what a look is worth now, and why.
type Verdict struct {
	Look    Look    `json:"look"`
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // why it is not proven, or the waiver's reason
	Record  *Record `json:"record,omitempty"`
}

// Judge says what a look is worth at a time. A waiver stands in only if there
// is no proof: proof is shown as proof.
func (l *Ledger) Judge(look Look, waivers []Waiver, now time.Time) Verdict {
	v := Verdict{Look: look, Outcome: Unproven, Reason: "not looked at yet"}
	if r, ok := l.Latest(look); ok {
		v.Outcome, v.Reason, v.Record = r.At(now), r.Reason, &r
	}
	switch why, outdated := l.outdated[look]; {
	case outdated && (v.Outcome == Proven || v.Outcome == Stale):
		v.Outcome, v.Reason = Stale, "proven "+v.Record.Started.Format(time.RFC3339)+", and "+why
	case v.Outcome == Stale:
		v.Reason = "proven " + v.Record.Started.Format(time.RFC3339) + ", which counts for " + v.Record.Fresh.String()
	}
	if v.Outcome.Counts() {
		return v
	}
	if w, ok := coveredBy(waivers, look, now); ok {
		v.Outcome, v.Reason = Waived, w.Reason+" (until "+w.Expires.Format(time.DateOnly)+")"
	}
	return v
}

// Judgement says what a checkpoint is worth: all its looks together.
type Judgement struct {
	Outcome Outcome   `json:"outcome"`
	Looks   []Verdict `json:"looks"`
}

// JudgeAll judges the looks of one checkpoint. A checkpoint without looks is
// unproven.
func (l *Ledger) JudgeAll(looks []Look, waivers []Waiver, now time.Time) Judgement {
	j := Judgement{Looks: make([]Verdict, 0, len(looks))}
	outcomes := make([]Outcome, 0, len(looks))
	for _, look := range looks {
		v := l.Judge(look, waivers, now)
		j.Looks = append(j.Looks, v)
		outcomes = append(outcomes, v.Outcome)
	}
	j.Outcome = Worst(outcomes...)
	return j
}
