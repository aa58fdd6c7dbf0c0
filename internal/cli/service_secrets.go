package cli

import (
	"context"

	"cairn/internal/engine"
	"cairn/internal/lab"
	"cairn/internal/secret"
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
		all := map[string]map[string]wiring.Secret{}
		for _, r := range releases {
			if all[r.Service.Name], err = secretsFor(ctx, v, r, make); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
}

// secretsFor returns the secrets of a release. Those that are missing are made, or
// stand-ins are returned for them.
func secretsFor(ctx context.Context, v *vault.Vault, r wiring.Release, make bool) (map[string]wiring.Secret, error) {
	all := map[string]wiring.Secret{}
	for _, s := range r.Service.Secrets {
		d := vault.Declaration{Service: r.Service.Name, Name: s.Name, Form: vault.Form(s.Form), Length: s.Length, Escrow: s.Escrow}
		if make {
			if _, err := v.Ensure(d); err != nil {
				return nil, err
			}
		}
		e, there, err := entryOf(v, d.Service, d.Name)
		if err != nil {
			return nil, err
		}
		if !there {
			all[s.Name] = wiring.Secret{Value: secret.New("(made by cairn up)"), Version: "new"}
			continue
		}
		value, err := v.Get(ctx, d.Service, d.Name)
		if err != nil {
			return nil, err
		}
		all[s.Name] = wiring.Secret{Value: value, Version: e.Made.Format("20060102T150405.000")}
	}
	return all, nil
}
