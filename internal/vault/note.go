package vault

import (
	"encoding/json"
	"slices"
	"time"

	"filippo.io/age"
)

// note is what a file tells about its secret without being opened. It is a stanza of
// the header.
type note struct {
	Made   time.Time `json:"made"`
	Form   Form      `json:"form"`
	Length int       `json:"length,omitempty"`
	Escrow bool      `json:"escrow,omitempty"`
	Domain string    `json:"domain,omitempty"` // of an authority
	For    []string  `json:"for"`              // the recipients
}

// noteType and noteVersion are how the stanza begins.
const (
	noteType    = "cairn"
	noteVersion = "1"
)

// Wrap implements [age.Recipient]. It keeps no key: it only writes the note.
func (n note) Wrap([]byte) ([]*age.Stanza, error) {
	body, err := json.Marshal(n)
	return []*age.Stanza{{Type: noteType, Args: []string{noteVersion}, Body: body}}, err
}

// noteReader is an identity that opens nothing and takes the note out.
type noteReader struct {
	note  *note
	wrong bool
}

// Unwrap implements [age.Identity].
func (r *noteReader) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != noteType || !slices.Equal(s.Args, []string{noteVersion}) {
			continue
		}
		var n note
		r.wrong = r.wrong || r.note != nil || json.Unmarshal(s.Body, &n) != nil || !n.plain()
		n.Made = moment(n.Made)
		r.note = &n
	}
	return nil, age.ErrIncorrectIdentity
}

// plain reports whether a note holds only what Cairn itself would write. Notes are
// shown on a terminal, and anybody who can write to the repository can write them.
func (n note) plain() bool {
	if n.Form != Given && !slices.Contains(Forms(), n.Form) || n.Made.Year() < 1 || n.Made.Year() > 9999 || !n.Made.Equal(moment(n.Made)) {
		return false
	}
	if (n.Domain != "") != (n.Form == Authority) || n.Domain != "" && !domainForm.MatchString(n.Domain) {
		return false
	}
	return !slices.ContainsFunc(n.For, func(text string) bool {
		plain, err := PlainRecipient(text)
		return err != nil || plain != text
	})
}

// moment rounds a time as notes and names of files keep it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
