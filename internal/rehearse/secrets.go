package rehearse

import (
	"context"
	"fmt"

	"cairn/internal/vault"
	"cairn/internal/wiring"
)

// MadeUp makes secrets that live as long as a rehearsal. The lab's own are not opened
// for it. The zero value has made none yet. It is not safe for concurrent use.
type MadeUp struct {
	Values map[vault.Declaration]wiring.Secret // made so far
	Root   string                              // the root certificate of the authority among them

	generation int
}

// Secrets implements [engine.Secrets].
func (m *MadeUp) Secrets(_ context.Context, releases []wiring.Release, _ bool) (map[string]map[string]wiring.Secret, error) {
	return wiring.SecretsOf(releases, func(d vault.Declaration) (wiring.Secret, error) {
		if value, made := m.Values[d]; made {
			return value, nil
		}
		form := d
		if form.Form == vault.Given {
			form.Form = vault.Password
		}
		value, err := vault.Generate(form)
		if err != nil {
			return wiring.Secret{}, err
		}
		if d.Form == vault.Authority {
			m.Root = wiring.RootOf(value).Reveal()
		}
		if m.Values == nil {
			m.Values = map[vault.Declaration]wiring.Secret{}
		}
		m.Values[d] = wiring.Secret{Value: value, Version: fmt.Sprintf("rehearsal%d", m.generation)}
		return m.Values[d], nil
	})
}

// RootCertificate implements [engine.Root].
func (m *MadeUp) RootCertificate() (string, error) { return m.Root, nil }

// Rotate has all secrets made again when they are next wanted.
func (m *MadeUp) Rotate() { m.Values, m.generation = nil, m.generation+1 }
