package vault

import (
	"context"
	"errors"
	"io/fs"

	"filippo.io/age"

	"cairn/internal/problem"
)

// Rewrap encrypts all values again for the lab's recipients, earlier values too, and
// returns how many files it changed. It skips files that are for these recipients
// already, so an interrupted call can simply be repeated. Each file is replaced
// atomically. A file that cannot be opened stays as it is, and the error names it.
func (v *Vault) Rewrap(ctx context.Context) (changed int, err error) {
	files, err := v.files()
	if err != nil || len(files) == 0 {
		return 0, err
	}
	identities, err := v.identities(ctx)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, f := range files {
		did, err := v.rewrapFile(f, identities)
		if did {
			changed++
		}
		if err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			return changed, ctx.Err()
		}
	}
	return changed, errors.Join(failed...)
}

// rewrapFile opens a file before it takes the lock, since a person may have to type
// a passphrase. If somebody wrote the file meanwhile, it starts again.
func (v *Vault) rewrapFile(f file, identities []age.Identity) (changed bool, err error) {
	for {
		body, written, err := v.read(f)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		fresh, err := v.rewrapped(f, body, note{Made: moment(written), Form: Given}, identities)
		if err != nil || fresh == nil {
			return false, err
		}
		same := false
		err = v.locked(func() error {
			if same = v.unchanged(f, body); !same {
				return nil
			}
			return v.write(f, fresh)
		})
		if err != nil || same {
			return same, err
		}
	}
}

// rewrapped returns a file's content for the present recipients, or nil if the file
// has it already. plain is the note for a file that has none.
func (v *Vault) rewrapped(f file, body []byte, plain note, identities []age.Identity) ([]byte, error) {
	n, err := noteOf(f.where(), body)
	if err != nil {
		return nil, err
	}
	if n == nil {
		n = &plain
	}
	if v.isForAll(n.For) {
		return nil, nil
	}
	if len(v.recipients) == 0 {
		return nil, problem.New(problem.SecretNoRecipient, "", "lab.yaml names nobody who can read the lab's secrets")
	}
	value, err := v.opened(f, body, identities)
	if err != nil {
		return nil, err
	}
	fresh, err := sealed(value, *n, v.recipients)
	if err != nil {
		return nil, problem.Wrap(problem.SecretNoRecipient, f.where(), "the secret cannot be encrypted", err)
	}
	if _, err := opened(f.where(), fresh, identities); err != nil {
		return nil, problem.New(problem.SecretShutOut, f.where(), "you could no longer read this secret: none of the lab's recipients is yours")
	}
	return fresh, nil
}
