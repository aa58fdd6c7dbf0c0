package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"cairn/internal/engine"
	"cairn/internal/lab"
	"cairn/internal/secret"
	"cairn/internal/system"
	"cairn/internal/vault"
	"cairn/internal/wiring"
)

// secretsOf returns where the engine gets the secrets of services from: the lab's
// vault.
func (g *globals) secretsOf(l *lab.Lab) engine.Secrets {
	return func(ctx context.Context, releases []wiring.Release, make bool) (map[string]map[string]wiring.Secret, error) {
		open := func() (*vault.Vault, error) { return g.vaultOf(l) }
		if make {
			open = func() (*vault.Vault, error) {
				v, _, err := g.vaultToWrite()
				return v, err
			}
		}
		v, err := open()
		if err != nil {
			return nil, err
		}
		return wiring.SecretsOf(releases, func(d vault.Declaration) (wiring.Secret, error) {
			value, err := secretOf(ctx, v, d, make)
			if err != nil || d.Form != vault.Authority || !make {
				return value, err
			}
			return value, writeRoot(l, wiring.RootOf(value.Value))
		})
	}
}

// secretOf returns a secret. If it is missing, it is made, or something stands in for
// it.
func secretOf(ctx context.Context, v *vault.Vault, d vault.Declaration, make bool) (wiring.Secret, error) {
	if make {
		if _, err := v.Ensure(d); err != nil {
			return wiring.Secret{}, err
		}
	}
	e, there, err := entryOf(v, d.Service, d.Name)
	if err != nil {
		return wiring.Secret{}, err
	}
	if !there {
		return wiring.Secret{Value: secret.New("(made by cairn up)"), Version: "new"}, nil
	}
	value, err := v.Get(ctx, d.Service, d.Name)
	return wiring.Secret{Value: value, Version: e.Made.Format("20060102T150405.000")}, err
}

// writeRoot writes the root certificate of the lab's authority beside lab.yaml, from
// where the owner installs it on phones and in browsers. It is no secret.
func writeRoot(l *lab.Lab, root secret.Text) error {
	return system.ReplaceFile(l.RootFile(), []byte(root.Reveal()), 0o644)
}

// rootOf returns where the engine gets that certificate from. There is none until the
// lab has an authority.
func rootOf(l *lab.Lab) engine.Root {
	return func() (string, error) {
		text, err := os.ReadFile(l.RootFile())
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		return string(text), err
	}
}
