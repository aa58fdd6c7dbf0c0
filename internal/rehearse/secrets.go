package rehearse

import (
	"context"

	"cairn/internal/vault"
	"cairn/internal/wiring"
)

// madeUp makes secrets that live as long as the rehearsal. The lab's own are not
// opened for it.
type madeUp struct {
	values map[string]wiring.Secret
	root   string
}

// secrets implements [engine.Secrets].
func (m *madeUp) secrets(_ context.Context, releases []wiring.Release, _ bool) (map[string]map[string]wiring.Secret, error) {
	return wiring.SecretsOf(releases, func(d vault.Declaration) (wiring.Secret, error) {
		key := d.Service + "/" + d.Name
		if value, made := m.values[key]; made {
			return value, nil
		}
		if d.Form == vault.Given {
			d.Form = vault.Password
		}
		value, err := vault.Generate(d)
		if err != nil {
			return wiring.Secret{}, err
		}
		if d.Form == vault.Authority {
			m.root = wiring.RootOf(value).Reveal()
		}
		m.values[key] = wiring.Secret{Value: value, Version: "rehearsal"}
		return m.values[key], nil
	})
}

// rootCertificate implements [engine.Root].
func (m *madeUp) rootCertificate() (string, error) { return m.root, nil }
