package vault

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cairn/internal/problem"
	"cairn/internal/secret"
)

// Entry is what is known of a secret without opening it.
type Entry struct {
	Service, Name string
	File          string // below the lab's folder, with slashes
	Form          Form
	Made          time.Time
	Escrow        bool
	// Readers are the recipients that can read it. They are unknown if Cairn did
	// not write the file.
	Readers []string
	// Earlier is how many earlier values are still kept.
	Earlier int
	// Fault says why nothing else is known: the file is damaged, or a link.
	Fault error
}

// List returns all secrets by service and name. It opens none.
func (v *Vault) List() ([]Entry, error) {
	files, err := v.files()
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, f := range files {
		if f.past.IsZero() {
			entries = append(entries, v.entry(f))
		}
	}
	for _, f := range files {
		for i := range entries {
			if e := &entries[i]; f.of(e.Service, e.Name) && !f.past.IsZero() && !f.past.Equal(e.Made) {
				e.Earlier++
			}
		}
	}
	return entries, nil
}

func (f file) of(service, name string) bool { return f.service == service && f.name == name }

func (v *Vault) entry(f file) Entry {
	e := Entry{Service: f.service, Name: f.name, File: f.where(), Form: Given}
	now, err := v.inUse(f.service, f.name)
	if now == nil {
		e.Fault = cmp.Or(err, error(problem.New(problem.SecretMissing, f.where(), "the secret was removed meanwhile")))
		return e
	}
	e.Form, e.Made, e.Escrow, e.Readers = now.note.Form, now.note.Made, now.note.Escrow, now.note.For
	return e
}

// Lost reports whether none of the lab's recipients can read the secret any more.
func (v *Vault) Lost(e Entry) bool {
	return len(e.Readers) > 0 && !slices.ContainsFunc(v.recipients, func(r recipient) bool { return slices.Contains(e.Readers, r.text) })
}

// Due reports whether [Vault.Rewrap] would change the secret, because its readers
// are not the lab's recipients.
func (v *Vault) Due(e Entry) bool { return e.Fault == nil && !v.isForAll(e.Readers) }

func (v *Vault) isForAll(readers []string) bool {
	wanted := make([]string, 0, len(v.recipients))
	for _, r := range v.recipients {
		wanted = append(wanted, r.text)
	}
	return slices.Equal(slices.Sorted(slices.Values(wanted)), slices.Sorted(slices.Values(readers)))
}

// files returns all files of secrets, sorted by service, name and time. It leaves out
// other files.
func (v *Vault) files() ([]file, error) {
	if err := v.straight(file{}); err != nil {
		return nil, err
	}
	top := filepath.Join(v.options.Dir, FolderName)
	services, err := os.ReadDir(top)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, problem.Wrap(problem.SecretFile, FolderName, "the folder of secrets cannot be read", bare(err))
	}
	var all []file
	for _, service := range services {
		if !service.IsDir() {
			continue
		}
		names, err := os.ReadDir(filepath.Join(top, service.Name()))
		if err != nil {
			return nil, problem.Wrap(problem.SecretFile, FolderName+"/"+service.Name(), "the folder of secrets cannot be read", bare(err))
		}
		for _, name := range names {
			if f, ours := parseFile(service.Name(), name.Name()); ours {
				all = append(all, f)
			}
		}
	}
	slices.SortFunc(all, func(a, b file) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.name, b.name), a.past.Compare(b.past))
	})
	return all, nil
}

// Earlier is a replaced value that may still be in use somewhere.
type Earlier struct {
	Made  time.Time
	Value secret.Text
}

// Earlier returns the values that were in use before, the oldest first.
func (v *Vault) Earlier(ctx context.Context, service, name string) ([]Earlier, error) {
	now, err := v.inUse(service, name)
	if err != nil {
		return nil, err
	}
	files, err := v.files()
	if err != nil {
		return nil, err
	}
	identities, err := v.identities(ctx)
	if err != nil {
		return nil, err
	}
	var all []Earlier
	for _, f := range files {
		if !f.of(service, name) || f.past.IsZero() || now != nil && f.past.Equal(now.note.Made) {
			continue
		}
		body, _, err := v.read(f)
		if err != nil {
			return nil, err
		}
		value, err := v.opened(f, body, identities)
		if err != nil {
			return nil, err
		}
		all = append(all, Earlier{f.past, value})
	}
	return all, nil
}

// Forget removes an earlier value. Call it once the value is proven to open nothing.
func (v *Vault) Forget(service, name string, made time.Time) error {
	if err := CheckNames(service, name); err != nil {
		return err
	}
	f := file{service, name, moment(made)}
	return v.locked(func() error {
		if err := v.straight(f); err != nil {
			return err
		}
		if err := os.Remove(v.path(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return problem.Wrap(problem.SecretFile, f.where(), "the earlier value cannot be removed", bare(err))
		}
		return nil
	})
}
