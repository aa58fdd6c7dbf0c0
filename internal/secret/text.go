// Package secret holds values that must never be seen: in a log, an error, a
// plan, evidence, the journal, argv or git. It imports nothing of Cairn.
package secret

import (
	"errors"
	"fmt"
	"log/slog"
)

// redacted is what stands wherever a secret would have been printed.
const redacted = "(secret)"

// Text is a secret string. Every ordinary way of printing or encoding it gives
// "(secret)"; only [Text.Reveal] gives the value. The zero value is empty.
type Text struct{ value string }

// New wraps a value.
func New(value string) Text { return Text{value} }

// Reveal returns the value. Call it where the secret is handed over, and
// nowhere else.
func (t Text) Reveal() string { return t.value }

// Empty reports whether there is no value.
func (t Text) Empty() bool { return t.value == "" }

// String implements [fmt.Stringer].
func (t Text) String() string { return redacted }

// Format implements [fmt.Formatter], for every verb, so that not even %#v or %x
// shows the value.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (t Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler], which JSON, YAML and XML use.
func (t Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalCBOR refuses: a secret crosses the wire only where a message says so,
// by its revealed value.
func (t Text) MarshalCBOR() ([]byte, error) {
	return nil, errors.New("a secret may not be encoded")
}
