package engine

import (
	"context"
	"slices"

	"cairn/internal/wiring"
)

// Secrets returns the values of the secrets of releases, by service and name. With
// make it first makes those that are missing, and keeps them. Without, it returns
// something in their place, so that a plan can be made.
type Secrets func(ctx context.Context, releases []wiring.Release, make bool) (map[string]map[string]wiring.Secret, error)

// Root returns the root certificate of the lab's authority as PEM. It is empty while
// the lab has none. It is asked for each look, since the first up makes it.
type Root func() (string, error)

// serviceSecrets are the secrets of the lab's services. They are opened once, since
// a person may have to type a passphrase.
type serviceSecrets struct {
	from   Secrets
	opened bool
	values map[string]map[string]wiring.Secret
}

// open opens the secrets of the lab, if its services have any.
func (s *serviceSecrets) open(ctx context.Context, w *wiring.Wiring, make bool) error {
	needed := slices.ContainsFunc(w.Releases, func(r wiring.Release) bool { return len(r.Wants()) > 0 })
	if s.opened || s.from == nil || !needed {
		return nil
	}
	values, err := s.from(ctx, w.Releases, make)
	s.values, s.opened = values, err == nil && make
	return err
}
