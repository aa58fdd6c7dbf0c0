package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/system"
)

// Options say where a vault is, and who can open it.
type Options struct {
	Dir        string   // the folder of the lab file
	State      string   // the folder of the identity and the lock, which git never sees
	Recipients []string // who can read the secrets, as the lab file names them
	// SSHKeys are files of private keys that may open secrets, beside the identity.
	SSHKeys []string
	// Ask asks a person for a passphrase. nil: there is no terminal.
	Ask func(ctx context.Context, prompt string) (secret.Text, error)
	Now func() time.Time
}

// Vault is the secrets of a lab. It is safe for concurrent use, also by several
// programs.
type Vault struct {
	options    Options
	recipients []recipient
}

// Open makes a vault. It reads nothing yet.
func Open(o Options) (*Vault, error) {
	v := &Vault{options: o}
	for _, text := range o.Recipients {
		r, err := parseRecipient(text)
		if err != nil {
			return nil, problem.Wrap(problem.SecretNoRecipient, "", "one of the lab's recipients cannot be used", err)
		}
		v.recipients = append(v.recipients, r)
	}
	return v, nil
}

// Ensure makes a declared secret if it is missing, and reports whether it did. It
// never replaces a value.
func (v *Vault) Ensure(d Declaration) (made bool, err error) {
	d, err = d.filled()
	if err != nil {
		return false, err
	}
	return made, v.locked(func() error {
		now, err := v.inUse(d.Service, d.Name)
		if err != nil || now != nil {
			return err
		}
		value, err := Generate(d)
		if err != nil {
			return err
		}
		made = true
		return v.replace(nil, d, value)
	})
}

// Set writes a value for a secret. The value before it stays readable until
// [Vault.Forget].
func (v *Vault) Set(d Declaration, value secret.Text) error {
	d, err := d.filled()
	if err != nil {
		return err
	}
	switch size := len(value.Reveal()); {
	case size == 0:
		return problem.New(problem.SecretValue, d.place(), "the value is empty")
	case size > mostValue:
		return problem.New(problem.SecretValue, d.place(), fmt.Sprintf("the value has more than %d KiB", mostValue>>10))
	}
	return v.locked(func() error {
		now, err := v.inUse(d.Service, d.Name)
		if err != nil {
			return err
		}
		return v.replace(now, d, value)
	})
}

// Rotate makes a new value of the same form. The value before it stays readable
// until [Vault.Forget]: only with it can be proven that it opens nothing any more.
func (v *Vault) Rotate(service, name string) error {
	if err := CheckNames(service, name); err != nil {
		return err
	}
	return v.locked(func() error {
		now, err := v.inUse(service, name)
		if err != nil {
			return err
		}
		if now == nil {
			return v.missing(service, name)
		}
		value, err := Generate(now.declaration())
		if err != nil {
			return err
		}
		return v.replace(now, now.declaration(), value)
	})
}

// Get returns the value of a secret.
func (v *Vault) Get(ctx context.Context, service, name string) (secret.Text, error) {
	if err := CheckNames(service, name); err != nil {
		return secret.Text{}, err
	}
	f := file{service: service, name: name}
	body, _, err := v.read(f)
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Text{}, v.missing(service, name)
	}
	if err != nil {
		return secret.Text{}, err
	}
	identities, err := v.identities(ctx)
	if err != nil {
		return secret.Text{}, err
	}
	return v.opened(f, body, identities)
}

// Identity returns the text of the lab's identity, and its recipients.
func (v *Vault) Identity() (text secret.Text, recipients []string, err error) {
	text, keys, err := readIdentity(v.identityPath())
	if errors.Is(err, fs.ErrNotExist) {
		return text, nil, problem.New(problem.SecretNoIdentity, v.identityPath(), "there is no identity on this machine")
	}
	for _, key := range keys {
		recipients = append(recipients, key.Recipient().String())
	}
	return text, recipients, err
}

// Remove removes a secret with all its earlier values. Git keeps what was committed.
func (v *Vault) Remove(service, name string) error {
	if err := CheckNames(service, name); err != nil {
		return err
	}
	return v.locked(func() error {
		files, err := v.files()
		if err != nil {
			return err
		}
		files = slices.DeleteFunc(files, func(f file) bool { return f.service != service || f.name != name })
		if len(files) == 0 {
			return v.missing(service, name)
		}
		// The value in use goes last. So a killed removal is noticed and repeated.
		slices.SortFunc(files, func(a, b file) int { return b.past.Compare(a.past) })
		for _, f := range files {
			if err := os.Remove(v.path(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return problem.Wrap(problem.SecretFile, f.where(), "the secret's file cannot be removed", bare(err))
			}
		}
		_ = os.Remove(filepath.Join(v.options.Dir, FolderName, service)) // only if it is empty
		return nil
	})
}

// current is the value in use, unopened.
type current struct {
	file file
	body []byte
	note note
}

func (c *current) declaration() Declaration {
	return Declaration{Service: c.file.service, Name: c.file.name, Form: c.note.Form, Length: c.note.Length, Escrow: c.note.Escrow, Domain: c.note.Domain}
}

// inUse returns the value in use, or nil if there is none.
func (v *Vault) inUse(service, name string) (*current, error) {
	f := file{service: service, name: name}
	body, written, err := v.read(f)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n, err := noteOf(f.where(), body)
	if err != nil {
		return nil, err
	}
	if n == nil { // somebody used age itself
		n = &note{Made: moment(written), Form: Given}
	}
	return &current{f, body, *n}, nil
}

// replace first copies the value in use to a file with the time at which it was made,
// and then writes the new value. If it is killed in between, both files hold the same
// value. Both have the same time, which shows that. The next call makes the same copy
// again.
func (v *Vault) replace(now *current, d Declaration, value secret.Text) error {
	if len(v.recipients) == 0 {
		return problem.New(problem.SecretNoRecipient, "", "lab.yaml names nobody who can read the lab's secrets")
	}
	made := moment(v.options.Now())
	if now != nil {
		if err := v.write(file{d.Service, d.Name, now.note.Made}, now.body); err != nil {
			return err
		}
		if !made.After(now.note.Made) { // a clock that was put back
			made = now.note.Made.Add(time.Millisecond)
		}
	}
	body, err := sealed(value, note{Made: made, Form: d.Form, Length: d.Length, Escrow: d.Escrow, Domain: d.Domain}, v.recipients)
	if err != nil {
		return problem.Wrap(problem.SecretNoRecipient, d.place(), "the secret cannot be encrypted", err)
	}
	return v.write(file{service: d.Service, name: d.Name}, body)
}

// write replaces a file atomically, and makes the folders that it needs. The caller
// holds the lock, so an unfinished file in the folder is from a killed program.
func (v *Vault) write(f file, body []byte) error {
	if err := v.straight(f); err != nil {
		return err
	}
	folder := filepath.Dir(v.path(f))
	unfinished, _ := filepath.Glob(filepath.Join(folder, system.UnfinishedFiles))
	for _, left := range unfinished {
		_ = os.Remove(left)
	}
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		err = system.ReplaceFile(v.path(f), body, 0o600)
	}
	if err != nil {
		return problem.Wrap(problem.SecretFile, f.where(), "the secret's file cannot be written", bare(err))
	}
	return nil
}

func (v *Vault) missing(service, name string) error {
	return problem.New(problem.SecretMissing, service+"/"+name, "there is no such secret")
}

// locked calls do while no other program writes secrets. do must not wait for a
// person.
func (v *Vault) locked(do func() error) error {
	fail := func(err error) error {
		return problem.Wrap(problem.SecretFile, v.options.State, "the lock of the secrets cannot be taken", bare(err))
	}
	if err := os.MkdirAll(v.options.State, 0o755); err != nil {
		return fail(err)
	}
	lock, err := os.OpenFile(filepath.Join(v.options.State, "secrets.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = lock.Close() }()
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return fail(err)
	}
	return do()
}

// unchanged reports whether a file still has the content that was read.
func (v *Vault) unchanged(f file, body []byte) bool {
	now, _, err := v.read(f)
	return err == nil && bytes.Equal(now, body)
}
