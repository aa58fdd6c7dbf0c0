package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"cairn/internal/problem"
)

// Field is a named value. Fields keep the order in which a probe reports them.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Look identifies one look: a probe at a subject from a vantage, with its
// arguments, for a checkpoint. Its latest record is the one that counts. Other
// arguments make another look, because what was seen of one port says nothing
// about another.
type Look struct {
	Checkpoint string    `json:"checkpoint"`
	Probe      string    `json:"probe"`
	Host       string    `json:"host"`    // the subject, or the host that has it
	Vantage    string    `json:"vantage"` // from where: "controller" or a host's name
	Subject    Subject   `json:"subject,omitzero"`
	Arguments  Arguments `json:"arguments,omitempty"`
}

// String returns the look as people name it.
func (l Look) String() string {
	return l.Checkpoint + "/" + l.Probe + " " + l.About() + " from " + l.Vantage
}

// Key returns the look as the journal names it. No two looks have the same key.
func (l Look) Key() string {
	if l.Arguments == "" {
		return l.String()
	}
	return l.String() + " with " + string(l.Arguments)
}

// About returns the subject as people name it: "atlas", "service grafana on
// atlas".
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
	Remedy   string        `json:"remedy,omitempty"` // what to do about the reason, if the look knows
	Expected []Field       `json:"expected,omitempty"`
	Observed []Field       `json:"observed,omitempty"`
	Fresh    time.Duration `json:"fresh_ns"` // how long it counts, from Started
	Nonce    string        `json:"nonce"`    // of the run that looked
	Previous string        `json:"previous"` // Hash of the record before, empty for the first
	Hash     string        `json:"hash"`
}

// Seal returns the record with its place in the chain, after the record whose
// hash is previous.
func (r Record) Seal(previous string) Record {
	r.Started = r.Started.UTC().Truncate(time.Millisecond)
	r.Previous = previous
	r.Hash = r.sum()
	return r
}

// sum returns the SHA-256 of the record's JSON without its own hash, in hex.
func (r Record) sum() string {
	r.Hash = ""
	body, err := json.Marshal(r)
	if err != nil {
		panic("evidence: cannot encode a record: " + err.Error())
	}
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}

// At returns what the record is worth at a time.
func (r Record) At(now time.Time) Outcome {
	if r.Outcome == Proven && now.After(r.Started.Add(r.Fresh)) {
		return Stale
	}
	return r.Outcome
}

// Chain verifies records one at a time, in the order in which they were sealed.
// The zero value begins with the first record.
type Chain struct {
	last string
	n    int
}

// Add returns an error if the record was changed, or if its predecessor is not
// the record that was added last.
func (c *Chain) Add(r Record) error {
	c.n++
	if r.Previous != c.last || r.Hash != r.sum() {
		return problem.New(problem.EvidenceBroken, r.Look.String(),
			fmt.Sprintf("record %d, of %s, does not continue the chain", c.n, r.Started.Format(time.RFC3339)))
	}
	c.last = r.Hash
	return nil
}

// VerifyChain verifies records from the first, as [Chain.Add] does.
func VerifyChain(records []Record) error {
	var c Chain
	for _, r := range records {
		if err := c.Add(r); err != nil {
			return err
		}
	}
	return nil
}
