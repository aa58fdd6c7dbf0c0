package system

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Path is where a host's path lies below the system's root.
func (s *System) Path(p string) string { return filepath.Join(s.Root, p) }

// Read returns a file's content, or found false when there is none.
func (s *System) Read(p string) (content []byte, found bool, err error) {
	content, err = os.ReadFile(s.Path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, false, nil
	}
	return content, err == nil, err
}

// Attributes are what a file has besides its content.
type Attributes struct {
	Mode     fs.FileMode // permission and special bits
	UID, GID int
}

// permissionBits are those that chmod(2) sets.
const permissionBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// Stat looks at a path without following a link.
func (s *System) Stat(p string) (info fs.FileInfo, a Attributes, found bool, err error) {
	info, err = os.Lstat(s.Path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, Attributes{}, false, nil
	}
	if err != nil {
		return nil, Attributes{}, false, err
	}
	owner := info.Sys().(*syscall.Stat_t)
	return info, Attributes{info.Mode() & permissionBits, int(owner.Uid), int(owner.Gid)}, true, nil
}

// Write replaces a file at once; see [Place.Replace].
func (s *System) Write(p string, content []byte, a Attributes) error {
	return s.WriteFrom(p, holding(content), a)
}

// WriteFrom is [System.Write] with a content that is not held in memory.
func (s *System) WriteFrom(p string, content Source, a Attributes) error {
	at, err := s.Place(p)
	if err != nil {
		return err
	}
	defer at.Close()
	return at.ReplaceFrom(content, a)
}

// Remove takes a file away; that there is none is fine.
func (s *System) Remove(p string) error {
	at, err := s.Place(p)
	if err != nil {
		return err
	}
	defer at.Close()
	return at.remove()
}

// ModeText is a mode as chmod takes it.
func ModeText(m fs.FileMode) string { return fmt.Sprintf("%04o", unixMode(m)) }

// Absolute refuses paths that are not plain absolute ones.
func Absolute(p string) error {
	if !filepath.IsAbs(p) || filepath.Clean(p) != p || p == "/" || strings.ContainsAny(p, "\x00\n") {
		return fmt.Errorf("%q is not a plain absolute path", p)
	}
	return nil
}

// IsProgram reports whether a path, with any links followed, is a file that may
// be run.
func (s *System) IsProgram(p string) (bool, error) {
	info, err := os.Stat(s.Path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0, err
}

// OwnerOf is who a file belongs to.
func OwnerOf(info fs.FileInfo) (uid, gid int) {
	owner := info.Sys().(*syscall.Stat_t)
	return int(owner.Uid), int(owner.Gid)
}

// specialBits are the bits that chmod takes besides the permissions (chmod(2)).
var specialBits = map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000}

// FileMode turns chmod's bits into Go's.
func FileMode(bits uint32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	for bit, value := range specialBits {
		if bits&value != 0 {
			mode |= bit
		}
	}
	return mode
}

// unixMode turns Go's bits into chmod's.
func unixMode(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for bit, value := range specialBits {
		if m&bit != 0 {
			bits |= value
		}
	}
	return bits
}
