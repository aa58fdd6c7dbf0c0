// Package secret holds values that must never appear in a log, an error, a
// plan, evidence, the journal, argv or git. It imports nothing from Cairn.
package secret

import (
	"errors"
	"fmt"
	"log/slog"
)

// redacted is printed in place of a secret.
const redacted = "(secret)"

// Text is a secret string. Every ordinary way to print or encode it gives
// "(secret)"; only [Text.Reveal] gives the value. The zero value is empty. It
// may be used by several goroutines at once.
type Text struct{ value string }

// New wraps a value.
func New(value string) Text { return Text{value} }

// Reveal returns the value. Call it only where the secret is handed over.
func (t Text) Reveal() string { return t.value }

// Empty reports whether there is no value.
func (t Text) Empty() bool { return t.value == "" }

// String implements [fmt.Stringer].
func (t Text) String() string { return redacted }

// Format implements [fmt.Formatter] for every verb, so that even %#v and %x
// hide the value.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements [slog.LogValuer].
func (t Text) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler], which JSON, YAML and XML use.
func (t Text) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalCBOR refuses. A secret crosses the wire only in a message meant for
// it, by its revealed value.
func (t Text) MarshalCBOR() ([]byte, error) {
	return nil, errors.New("a secret may not be encoded")
}
