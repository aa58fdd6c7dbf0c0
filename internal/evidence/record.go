package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"cairn/internal/problem"
)

// Field is one value with its name, in the order a probe reports them.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Look names one way of looking at one thing: a probe at a subject from a vantage,
// with its arguments, for a checkpoint. The latest record of a look is what counts.
// With other arguments it is another look: what was seen of one port says nothing
// of another.
type Look struct {
	Checkpoint string    `json:"checkpoint"`
	Probe      string    `json:"probe"`
	Host       string    `json:"host"`    // what is looked at, or where that is
	Vantage    string    `json:"vantage"` // from where: "controller" or a host's name
	Subject    Subject   `json:"subject,omitzero"`
	Arguments  Arguments `json:"arguments,omitempty"`
}

// String is the look as people name it.
func (l Look) String() string {
	return l.Checkpoint + "/" + l.Probe + " " + l.About() + " from " + l.Vantage
}

// Key is the look as the journal names it: no two looks share it.
func (l Look) Key() string {
	if l.Arguments == "" {
		return l.String()
	}
	return l.String() + " with " + string(l.Arguments)
}

// About is what is looked at, as people name it: "atlas", "service grafana on atlas".
func (l Look) About() string {
	if l.Subject.Kind == AboutHost {
		return l.Host
	}
	return l.Subject.String() + " on " + l.Host
}

// Record is the evidence of one look. It holds no secret.
type Record struct {
	Look
	Started  time.Time     `json:"started"`
	Took     time.Duration `json:"took_ns"`
	Outcome  Outcome       `json:"outcome"` // Proven, Refuted or Unproven
	Reason   string        `json:"reason,omitempty"`
	Remedy   string        `json:"remedy,omitempty"` // what to do about the reason, where the look knows
	Expected []Field       `json:"expected,omitempty"`
	Observed []Field       `json:"observed,omitempty"`
	Fresh    time.Duration `json:"fresh_ns"` // how long it counts, from Started
	Nonce    string        `json:"nonce"`    // of the run that looked
	Previous string        `json:"previous"` // Hash of the record before, empty for the first
	Hash     string        `json:"hash"`
}

// Seal returns the record with its place in the chain after the one whose hash
// is previous.
func (r Record) Seal(previous string) Record {
	r.Started = r.Started.UTC().Truncate(time.Millisecond)
	r.Previous = previous
	r.Hash = r.sum()
	return r
}

// sum is the SHA-256 of the record's JSON without its own hash, in hex.
func (r Record) sum() string {
	r.Hash = ""
	body, err := json.Marshal(r)
	if err != nil {
		panic("evidence: a record of strings and numbers cannot fail to encode: " + err.Error())
	}
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}

// At is what the record is worth at a time.
func (r Record) At(now time.Time) Outcome {
	if r.Outcome == Proven && now.After(r.Started.Add(r.Fresh)) {
		return Stale
	}
	return r.Outcome
}

// Chain verifies records one at a time, in the order they were sealed. The zero
// value begins with the first.
type Chain struct {
	last string
	n    int
}

// Add reports a record that was changed, or whose predecessor is not the one that
// was added before.
func (c *Chain) Add(r Record) error {
	c.n++
	if r.Previous != c.last || r.Hash != r.sum() {
		return problem.New(problem.EvidenceBroken, r.Look.String(),
			fmt.Sprintf("record %d of %s does not fit the one before it", c.n, r.Started.Format(time.RFC3339)))
	}
	c.last = r.Hash
	return nil
}

// VerifyChain is Add for many.
func VerifyChain(records []Record) error {
	var c Chain
	for _, r := range records {
		if err := c.Add(r); err != nil {
			return err
		}
	}
	return nil
}
