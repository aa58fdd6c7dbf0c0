package rehearse

import (
	"context"

	"cairn/internal/vault"
	"cairn/internal/wiring"
)

// madeUp returns secrets that live as long as the rehearsal. The lab's own are not
// opened for it.
func madeUp(_ context.Context, releases []wiring.Release, _ bool) (map[string]map[string]wiring.Secret, error) {
	all := map[string]map[string]wiring.Secret{}
	for _, r := range releases {
		all[r.Service.Name] = map[string]wiring.Secret{}
		for _, s := range r.Service.Secrets {
			form := vault.Form(s.Form)
			if form == vault.Given {
				form = vault.Password
			}
			value, err := vault.Generate(vault.Declaration{Service: r.Service.Name, Name: s.Name, Form: form, Length: s.Length})
			if err != nil {
				return nil, err
			}
			all[r.Service.Name][s.Name] = wiring.Secret{Value: value, Version: "rehearsal"}
		}
	}
	return all, nil
}
