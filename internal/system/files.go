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

// Path returns where a path of the host lies below the system's root.
func (s *System) Path(p string) string { return filepath.Join(s.Root, p) }

// Read returns a file's content. found is false if there is no such file.
func (s *System) Read(p string) (content []byte, found bool, err error) {
	content, err = os.ReadFile(s.Path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, false, nil
	}
	return content, err == nil, err
}

// Attributes are a file's mode and owner.
type Attributes struct {
	Mode     fs.FileMode // permission and special bits
	UID, GID int
}

// permissionBits are the mode bits that chmod(2) sets.
const permissionBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// Stat returns information on a path without following a link. found is false if
// nothing is there.
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

// Write replaces a file atomically; see [Place.Replace].
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

// Remove removes a file. A missing file is not an error.
func (s *System) Remove(p string) error {
	at, err := s.Place(p)
	if err != nil {
		return err
	}
	defer at.Close()
	return at.remove()
}

// ModeText returns a mode as chmod(1) writes it, such as 0644.
func ModeText(m fs.FileMode) string { return fmt.Sprintf("%04o", unixMode(m)) }

// Absolute returns an error for a path that is not absolute and clean.
func Absolute(p string) error {
	if !filepath.IsAbs(p) || filepath.Clean(p) != p || p == "/" || strings.ContainsAny(p, "\x00\n") {
		return fmt.Errorf("%q is not a plain absolute path", p)
	}
	return nil
}

// IsProgram reports whether a path leads, through any links, to an executable file.
func (s *System) IsProgram(p string) (bool, error) {
	info, err := os.Stat(s.Path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0, err
}

// OwnerOf returns the UID and GID of a file.
func OwnerOf(info fs.FileInfo) (uid, gid int) {
	owner := info.Sys().(*syscall.Stat_t)
	return int(owner.Uid), int(owner.Gid)
}

// specialBits are chmod's bits besides the permissions (chmod(2)).
var specialBits = map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000}

// FileMode converts chmod's bits to Go's.
func FileMode(bits uint32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	for bit, value := range specialBits {
		if bits&value != 0 {
			mode |= bit
		}
	}
	return mode
}

// unixMode converts Go's bits to chmod's.
func unixMode(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for bit, value := range specialBits {
		if m&bit != 0 {
			bits |= value
		}
	}
	return bits
}
