package wiring

import (
	"cairn/internal/authority"
	"cairn/internal/catalog"
	"cairn/internal/secret"
	"cairn/internal/vault"
)

// Secret is a value that a service gets. Its version changes whenever the value
// does, and tells nothing of it.
type Secret struct {
	Value   secret.Text
	Version string
}

// Want is a secret that a release gets.
type Want struct {
	vault.Declaration
	// Root means that it gets nothing of an authority but the root certificate.
	Root bool
}

// rootKey is the name under which a release gets a root certificate. It is no name
// that a secret of its own could have.
const rootKey = "root certificate"

// Key is the name under which a release gets the secret.
func (w Want) Key() string {
	if w.Root {
		return rootKey
	}
	return w.Name
}

// Wants are the secrets that a release gets, its own and those of others.
func (r Release) Wants() (all []Want) {
	for _, s := range r.Service.Secrets {
		all = append(all, Want{Declaration: r.declaration(r.Service, s)})
	}
	if r.Authority != nil {
		s, _ := r.Authority.Service.AuthoritySecret()
		all = append(all, Want{Declaration: r.declaration(r.Authority.Service, s), Root: true})
	}
	return all
}

func (r Release) declaration(of *catalog.Service, s catalog.Secret) vault.Declaration {
	d := vault.Declaration{Service: of.Name, Name: s.Name, Form: vault.Form(s.Form), Length: s.Length, Escrow: s.Escrow}
	if d.Form == vault.Authority {
		d.Domain = r.Values.Domain
	}
	return d
}

// SecretsOf returns what each release gets, by service and then by [Want.Key]. value
// returns the value of a secret as a whole.
func SecretsOf(releases []Release, value func(vault.Declaration) (Secret, error)) (map[string]map[string]Secret, error) {
	all := map[string]map[string]Secret{}
	for _, r := range releases {
		all[r.Service.Name] = map[string]Secret{}
		for _, w := range r.Wants() {
			s, err := value(w.Declaration)
			if err != nil {
				return nil, err
			}
			if w.Root {
				s.Value = RootOf(s.Value)
			}
			all[r.Service.Name][w.Key()] = s
		}
	}
	return all, nil
}

// RootOf returns the root certificate of an authority. What only stands in for an
// authority stays as it is.
func RootOf(value secret.Text) secret.Text {
	parts, err := authority.Parse(value.Reveal())
	if err != nil {
		return value
	}
	return secret.New(parts.Root)
}
