package resource

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// AuthorizedKey lets a public key, and any further ones, log in as a user. The
// user's other keys stay unchanged, line by line.
type AuthorizedKey struct {
	User string `cbor:"1,keyasint"`
	Line string `cbor:"2,keyasint"` // of authorized_keys (sshd(8)): "ssh-ed25519 AAAA... comment"
	// Further are such lines of other keys. If a key is present with options, it
	// stays so, because a plain line beside it would allow more. Further keys are
	// not resources of their own, since each would find the file changed by the
	// other.
	Further []string `cbor:"3,keyasint,omitempty"`
}

// Kind implements [Resource].
func (AuthorizedKey) Kind() Kind { return "authorized-key" }

// Key implements [Resource].
func (k AuthorizedKey) Key() string {
	blob := k.blob()
	return k.User + " ..." + blob[max(0, len(blob)-12):]
}

// Validate implements [Resource].
func (k AuthorizedKey) Validate() error {
	for _, line := range k.lines() {
		blob := blobOf(line)
		if strings.ContainsAny(line, "\n\r\x00") || blob == "" {
			return fmt.Errorf("%q is not a line of authorized_keys", line)
		}
		if kind := strings.Fields(line)[0]; !sshdconf.PlainKey(kind) || kindOf(blob) != kind {
			return fmt.Errorf("%q is not a plain public key", line)
		}
	}
	return system.ValidName("user", k.User)
}

// lines returns the lines of all its keys.
func (k AuthorizedKey) lines() []string { return append([]string{k.Line}, k.Further...) }

// kindOf returns the type that is encoded in the key itself (RFC 4253 section 6.6),
// not the word before it.
func kindOf(blob string) string {
	_, encoded, _ := strings.Cut(blob, " ")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) < 4 {
		return ""
	}
	length := binary.BigEndian.Uint32(key)
	if uint64(len(key)) < 4+uint64(length) {
		return ""
	}
	return string(key[4 : 4+length])
}

func (k AuthorizedKey) blob() string { return blobOf(k.Line) }

// blobOf returns the key itself, without its comment.
func blobOf(line string) string {
	fields := strings.Fields(line)
	if len(fields) < 2 || !strings.HasPrefix(fields[1], "AAAA") {
		return ""
	}
	return fields[0] + " " + fields[1]
}

// Paths below a user's home. With StrictModes sshd accepts them only if nobody else
// can write to them (sshd_config(5)).
const (
	sshDir  = ".ssh"
	keyFile = ".ssh/authorized_keys"
)

// Check implements [Resource].
func (k AuthorizedKey) Check(_ context.Context, sys *system.System) (Diff, error) {
	user, home, err := k.open(sys)
	if err != nil {
		return Diff{}, err
	}
	if home == nil {
		return compare(k.keys(nil)...), nil
	}
	defer func() { _ = home.Close() }()
	content, err := readIn(home, keyFile)
	if err != nil {
		return Diff{}, err
	}
	owner := fmt.Sprintf("%d:%d", user.UID, user.GID)
	return compare(append(k.keys(content),
		property{"mode of .ssh", looks(home, sshDir), "0700 " + owner},
		property{"mode of authorized_keys", looks(home, keyFile), "0600 " + owner},
		property{"other keys", summary(content), summary(content)},
	)...), nil
}

// FurtherKey is the property of each further key in a diff.
const FurtherKey = "further key"

// keys compares the keys with those in the content.
func (k AuthorizedKey) keys(content []byte) []property {
	var all []property
	for i, line := range k.lines() {
		name, has := "key", absent
		if i > 0 {
			name = FurtherKey
		}
		if k.in(content, line) {
			has = shown(line)
		}
		all = append(all, property{name, has, shown(line)})
	}
	return all
}

// shown returns a key's comment, or the end of the key if it has none.
func shown(line string) string {
	fields := strings.Fields(line)
	if len(fields) > 2 {
		return fields[0] + " " + strings.Join(fields[2:], " ")
	}
	return fields[0] + " ..." + fields[1][max(0, len(fields[1])-12):]
}

// in reports whether the content has the key. The owner's key must have no options,
// which would restrict it.
func (k AuthorizedKey) in(content []byte, key string) bool {
	blob := blobOf(key) + " "
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line) + " "
		if strings.HasPrefix(line, blob) || key != k.Line && narrowed(line, blob) {
			return true
		}
	}
	return false
}

// narrowed reports whether a line has the key with options before it. An option
// that makes it a certificate authority does not count.
func narrowed(line, blob string) bool {
	options, _, found := strings.Cut(line, " "+blob)
	return found && !strings.HasPrefix(line, "#") && !strings.Contains(strings.ToLower(options), "cert-authority")
}

// open opens the user's home in such a way that no link leads out of it, because
// its contents belong to a user other than root. It returns a nil home if there is
// none yet.
func (k AuthorizedKey) open(sys *system.System) (system.Account, *os.Root, error) {
	user, found, err := sys.AccountOf(k.User)
	if err != nil || !found {
		return user, nil, err
	}
	home, err := os.OpenRoot(sys.Path(user.Home))
	if errors.Is(err, fs.ErrNotExist) {
		return user, nil, nil
	}
	return user, home, err
}

// maxKeys limits how much of another user's file is read, in bytes.
const maxKeys = 1 << 20

// readIn reads a regular file below the home. It returns nil if there is none. The
// owner of the home may have put anything there: an endless pipe, or a second name
// of a file that the owner may not read.
func readIn(home *os.Root, name string) ([]byte, error) {
	file, err := home.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", file.Name())
	case info.Sys().(*syscall.Stat_t).Nlink > 1:
		return nil, fmt.Errorf("%s has another name (hard link)", file.Name())
	case info.Size() > maxKeys:
		return nil, fmt.Errorf("%s is larger than %d bytes", file.Name(), maxKeys)
	}
	return io.ReadAll(io.LimitReader(file, maxKeys))
}

// looks returns a path's mode and owner as text.
func looks(home *os.Root, name string) string {
	info, err := home.Lstat(name)
	if err != nil {
		return absent
	}
	uid, gid := system.OwnerOf(info)
	if info.Mode()&fs.ModeSymlink != 0 {
		return "a symbolic link"
	}
	return fmt.Sprintf("%s %d:%d", system.ModeText(info.Mode()), uid, gid)
}

// Apply implements [Resource].
func (k AuthorizedKey) Apply(_ context.Context, sys *system.System, _ Diff) error {
	user, home, err := k.open(sys)
	if err != nil {
		return err
	}
	if home == nil {
		return fmt.Errorf("%s has no home directory", k.User)
	}
	defer func() { _ = home.Close() }()
	if err := sys.PlaceIn(home, user.Home, sshDir).MakeDir(system.Attributes{Mode: 0o700, UID: user.UID, GID: user.GID}); err != nil {
		return err
	}
	content, err := readIn(home, keyFile)
	if err != nil {
		return err
	}
	return sys.PlaceIn(home, user.Home, keyFile).Replace(k.added(content), system.Attributes{Mode: 0o600, UID: user.UID, GID: user.GID})
}

// added returns the content with the missing keys appended.
func (k AuthorizedKey) added(content []byte) []byte {
	for _, line := range k.lines() {
		if k.in(content, line) {
			continue
		}
		if len(content) > 0 && content[len(content)-1] != '\n' {
			content = append(content, '\n')
		}
		content = append(content, line+"\n"...)
	}
	return content
}

// Verify implements [Resource]: ssh-keygen(1) reads the file as OpenSSH does.
func (k AuthorizedKey) Verify(ctx context.Context, sys *system.System) error {
	diff, err := k.Check(ctx, sys)
	if err := errors.Join(err, different(k, diff)); err != nil {
		return err
	}
	_, home, err := k.open(sys)
	if err != nil {
		return err
	}
	defer func() { _ = home.Close() }()
	content, err := readIn(home, keyFile)
	if err != nil {
		return err
	}
	want, errWant := fingerprints(ctx, sys, []byte(strings.Join(k.lines(), "\n")+"\n"))
	have, errHave := fingerprints(ctx, sys, content)
	if err := errors.Join(errWant, errHave); err != nil {
		return err
	}
	if len(want) != len(k.lines()) || !subset(want, have) {
		return fmt.Errorf("OpenSSH does not find the key in the authorized_keys of %s", k.User)
	}
	return nil
}

// fingerprints returns the fingerprints of the keys in an authorized_keys file.
// They are the second word in the lines of `ssh-keygen -l`.
func fingerprints(ctx context.Context, sys *system.System, keys []byte) ([]string, error) {
	out, err := sys.RunWith(ctx, system.Command{Argv: []string{"ssh-keygen", "-l", "-f", "-"}, Stdin: keys})
	if err != nil {
		return nil, err
	}
	var all []string
	for line := range strings.Lines(string(out.Stdout)) {
		if fields := strings.Fields(line); len(fields) > 1 {
			all = append(all, fields[1])
		}
	}
	return all, nil
}

// Precheck implements [Guardable]: a key that the SSH server refuses opens nothing.
func (k AuthorizedKey) Precheck(ctx context.Context, sys *system.System) error {
	revoked, err := k.RevokedKeys(ctx, sys, sshdconf.Nobody)
	for _, r := range revoked {
		if r.Line == k.Line {
			err = errors.Join(err, errors.New("the SSH server refuses the key: "+r.Why))
		}
	}
	return err
}

// Capture implements [Guardable].
func (k AuthorizedKey) Capture(_ context.Context, sys *system.System) (system.Undo, error) {
	user, found, err := sys.AccountOf(k.User)
	if err != nil || !found {
		// The same guard creates the user. Its undo removes the home.
		return system.Undo{}, err
	}
	return sys.CaptureFiles(user.Home+"/"+sshDir, user.Home+"/"+keyFile)
}

// Persist implements [Guardable].
func (AuthorizedKey) Persist(context.Context, *system.System) error { return nil }
