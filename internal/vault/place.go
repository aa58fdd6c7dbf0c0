package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"cairn/internal/problem"
)

// FolderName is the folder of the secrets, beside the lab file.
const FolderName = "secrets"

const fileEnding = ".age"

// label matches names of services and secrets. They have no dot. So no path can lead
// elsewhere, and a time in a file's name cannot be taken for a part of the name.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// CheckNames reports names that no service and no secret can have.
func CheckNames(names ...string) error {
	for _, name := range names {
		if !label.MatchString(name) {
			return problem.New(problem.SecretName, "", fmt.Sprintf("%.80q cannot be the name of a service or a secret", name))
		}
	}
	return nil
}

// pastTime is the form of the time in a file's name, when its value was made.
const pastTime = "20060102T150405.000Z"

// file is where a value lies.
type file struct {
	service, name string
	past          time.Time // when a replaced value was made; zero for the value in use
}

// where returns the file's path below the lab's folder, with slashes.
func (f file) where() string {
	name := f.name
	if !f.past.IsZero() {
		name += "." + f.past.Format(pastTime)
	}
	return path.Join(FolderName, f.service, name+fileEnding)
}

// parseFile reads the name of a file in a service's folder.
func parseFile(service, name string) (file, bool) {
	name, ours := strings.CutSuffix(name, fileEnding)
	name, stamp, isPast := strings.Cut(name, ".")
	f := file{service: service, name: name}
	if isPast {
		at, err := time.Parse(pastTime, stamp)
		ours = ours && err == nil
		f.past = at
	}
	return f, ours && CheckNames(service, name) == nil
}

func (v *Vault) path(f file) string {
	return filepath.Join(v.options.Dir, filepath.FromSlash(f.where()))
}

// straight refuses folders that are links: nothing in a repository may lead out of
// it.
func (v *Vault) straight(f file) error {
	for _, folder := range []string{FolderName, path.Join(FolderName, f.service)} {
		info, err := os.Lstat(filepath.Join(v.options.Dir, filepath.FromSlash(folder)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return problem.Wrap(problem.SecretFile, folder, "the folder of secrets cannot be read", err)
		case !info.IsDir():
			return problem.New(problem.SecretLink, folder, "this must be a folder of its own, not a link or a file")
		}
	}
	return nil
}

// read returns a file's content. A missing one is [fs.ErrNotExist].
func (v *Vault) read(f file) (body []byte, written time.Time, err error) {
	if err := v.straight(f); err != nil {
		return nil, time.Time{}, err
	}
	opened, err := os.OpenFile(v.path(f), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, time.Time{}, fs.ErrNotExist
	case errors.Is(err, syscall.ELOOP):
		return nil, time.Time{}, problem.New(problem.SecretLink, f.where(), "this must be a file of its own, not a link")
	case err != nil:
		return nil, time.Time{}, unreadable(f, err)
	}
	defer func() { _ = opened.Close() }()
	info, err := opened.Stat()
	if err != nil {
		return nil, time.Time{}, unreadable(f, err)
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, problem.New(problem.SecretLink, f.where(), "this must be a file of its own, not a folder or a device")
	}
	body, err = io.ReadAll(io.LimitReader(opened, mostFile+1))
	if err != nil {
		return nil, time.Time{}, unreadable(f, err)
	}
	return body, info.ModTime(), nil
}

func unreadable(f file, err error) error {
	return problem.Wrap(problem.SecretFile, f.where(), "the secret's file cannot be read", bare(err))
}

// bare removes the path from an error, since the message already has it.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}
