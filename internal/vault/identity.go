package vault

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"cairn/internal/problem"
	"cairn/internal/secret"
	"cairn/internal/system"
)

// IdentityName is the name of the identity's file in the lab's state folder.
const IdentityName = "identity.txt"

// MakeIdentity makes an identity of age in the state folder, unless there is one,
// and returns its recipient. If several programs do so at once, only one makes it.
func MakeIdentity(state string, now time.Time) (recipient string, made bool, err error) {
	path := filepath.Join(state, IdentityName)
	if recipient, err = recipientIn(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return recipient, false, err
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return "", false, err
	}
	body := fmt.Sprintf("# created: %s\n# public key: %s\n%s\n", now.UTC().Format(time.RFC3339), key.Recipient(), key)
	err = writeOnce(path, []byte(body))
	if errors.Is(err, fs.ErrExist) {
		recipient, err = recipientIn(path)
		return recipient, false, err
	}
	if err != nil {
		return "", false, problem.Wrap(problem.SecretFile, path, "the identity cannot be written", err)
	}
	return key.Recipient().String(), true, nil
}

// writeOnce writes a private file, unless it exists. It ends with a link: unlike a
// rename, a link replaces nothing.
func writeOnce(path string, body []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), system.Unfinished(path))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	_, err = temp.Write(body)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil {
		return err
	}
	return system.SyncDir(filepath.Dir(path))
}

func recipientIn(path string) (string, error) {
	_, keys, err := readIdentity(path)
	if err != nil {
		return "", err
	}
	return keys[0].Recipient().String(), nil
}

// readIdentity reads a file of age identities. A missing one is [fs.ErrNotExist].
func readIdentity(path string) (secret.Text, []*age.X25519Identity, error) {
	wrong := func(why string) error {
		return problem.Wrap(problem.SecretIdentity, path, "the identity cannot be used", errors.New(why))
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Text{}, nil, fs.ErrNotExist
	}
	if err != nil {
		return secret.Text{}, nil, problem.Wrap(problem.SecretIdentity, path, "the identity cannot be read", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return secret.Text{}, nil, wrong("other users of this machine can read it").(*problem.Problem).WithFix("run `chmod 600 " + path + "`")
	}
	body, err := io.ReadAll(io.LimitReader(file, mostValue))
	if err != nil {
		return secret.Text{}, nil, problem.Wrap(problem.SecretIdentity, path, "the identity cannot be read", err)
	}
	keys, at := parseIdentities(body)
	switch {
	case at > 0:
		return secret.Text{}, nil, wrong(fmt.Sprintf("line %d is no age identity: those begin with AGE-SECRET-KEY-1", at))
	case len(keys) == 0:
		return secret.Text{}, nil, wrong("there is no identity in it")
	}
	return secret.New(string(body)), keys, nil
}

// parseIdentities returns the identities in a text, or the number of the line that
// is none. age's own parser repeats that line in its error.
func parseIdentities(body []byte) (keys []*age.X25519Identity, wrong int) {
	lines := bufio.NewScanner(bytes.NewReader(body))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := age.ParseX25519Identity(line)
		if err != nil {
			return nil, number
		}
		keys = append(keys, key)
	}
	return keys, 0
}

// identities returns all that can open secrets here: the lab's own, and those SSH
// keys of the owner that are of a suitable kind.
func (v *Vault) identities(ctx context.Context) ([]age.Identity, error) {
	_, keys, err := readIdentity(v.identityPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []age.Identity
	for _, key := range keys {
		all = append(all, key)
	}
	for _, path := range v.options.SSHKeys {
		if key := v.sshIdentity(ctx, path); key != nil {
			all = append(all, key)
		}
	}
	if len(all) == 0 {
		return nil, problem.New(problem.SecretNoIdentity, v.identityPath(), "there is no identity on this machine, so no secret can be read")
	}
	return all, nil
}

// opened decrypts a file. If nothing opens it, the error says whether the lab's
// identity is missing here. The owner's SSH key alone is no help: nearly everybody
// has one, for other purposes.
func (v *Vault) opened(f file, body []byte, identities []age.Identity) (secret.Text, error) {
	value, err := opened(f.where(), body, identities)
	if problem.CodeOf(err) != problem.SecretLocked {
		return value, err
	}
	if _, missing := os.Stat(v.identityPath()); errors.Is(missing, fs.ErrNotExist) {
		err = problem.Wrap(problem.SecretNoIdentity, f.where(), "there is no identity on this machine, and your SSH key does not open this secret", problem.Of(err).Cause)
	}
	return value, err
}

func (v *Vault) identityPath() string { return filepath.Join(v.options.State, IdentityName) }

// sshIdentity returns the identity of an SSH key, or nil if the key is missing or of
// another kind. It asks for a passphrase only when a secret needs the key.
func (v *Vault) sshIdentity(ctx context.Context, path string) age.Identity {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	key, err := agessh.ParseIdentity(body)
	if ed25519, is := key.(*agessh.Ed25519Identity); is && err == nil {
		return ed25519
	}
	var locked *ssh.PassphraseMissingError
	if !errors.As(err, &locked) {
		return nil
	}
	public := locked.PublicKey
	if public == nil {
		beside, err := os.ReadFile(path + ".pub")
		if err != nil {
			return nil
		}
		if public, _, _, _, err = ssh.ParseAuthorizedKey(beside); err != nil {
			return nil
		}
	}
	if public.Type() != ssh.KeyAlgoED25519 {
		return nil
	}
	l := &lockedKey{path: path}
	l.key, err = agessh.NewEncryptedSSHIdentity(public, body, func() ([]byte, error) { return l.ask(ctx, v.options.Ask) })
	if err != nil {
		return nil
	}
	return l
}

// lockedKey is an SSH key with a passphrase. why keeps the reason why nobody could
// be asked for the passphrase: age would report it in words of its own.
type lockedKey struct {
	path string
	key  *agessh.EncryptedSSHIdentity
	why  error
}

// Unwrap implements [age.Identity].
func (l *lockedKey) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	l.why = nil
	fileKey, err := l.key.Unwrap(stanzas)
	switch {
	case l.why != nil:
		return nil, l.why
	case err != nil && !errors.Is(err, age.ErrIncorrectIdentity):
		return nil, problem.Wrap(problem.SecretIdentity, l.path, "the SSH key cannot be used", errors.New("the passphrase does not open it"))
	}
	return fileKey, err
}

func (l *lockedKey) ask(ctx context.Context, ask func(context.Context, string) (secret.Text, error)) ([]byte, error) {
	if ask == nil {
		l.why = problem.New(problem.HostPromptNeeded, l.path, "the key has a passphrase, and there is no terminal to ask for it")
		return nil, l.why
	}
	passphrase, err := ask(ctx, fmt.Sprintf("Passphrase of %s: ", l.path))
	l.why = err
	return []byte(passphrase.Reveal()), err
}

// shortAll names recipients in a message.
func shortAll(recipients []string) string {
	var all []string
	for _, r := range recipients {
		all = append(all, Short(r))
	}
	return strings.Join(all, ", ")
}

// Short shortens a recipient, so that a line has room for several.
func Short(recipient string) string {
	const lead, tail = 10, 6
	if kind, key, isSSH := strings.Cut(recipient, " "); isSSH && len(key) > tail {
		return kind + " …" + key[len(key)-tail:]
	}
	if len(recipient) <= lead+tail {
		return recipient
	}
	return recipient[:lead] + "…" + recipient[len(recipient)-tail:]
}
