package resource

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// path is where a host's path lies below the system's root.
func (s *System) path(p string) string { return filepath.Join(s.Root, p) }

// read returns a file's content, or found false when there is none.
func (s *System) read(p string) (content []byte, found bool, err error) {
	content, err = os.ReadFile(s.path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, false, nil
	}
	return content, err == nil, err
}

// attributes are what a file has besides its content.
type attributes struct {
	mode     fs.FileMode // permission and special bits
	uid, gid int
}

// permissionBits are those that chmod(2) sets.
const permissionBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// stat looks at a path without following a link.
func (s *System) stat(p string) (info fs.FileInfo, a attributes, found bool, err error) {
	info, err = os.Lstat(s.path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, attributes{}, false, nil
	}
	if err != nil {
		return nil, attributes{}, false, err
	}
	owner := info.Sys().(*syscall.Stat_t)
	return info, attributes{info.Mode() & permissionBits, int(owner.Uid), int(owner.Gid)}, true, nil
}

// write replaces a file at once; see [place.replace].
func (s *System) write(p string, content []byte, a attributes) error {
	at, err := s.place(p)
	if err != nil {
		return err
	}
	defer at.close()
	return at.replace(content, a)
}

// remove takes a file away; that there is none is fine.
func (s *System) remove(p string) error {
	at, err := s.place(p)
	if err != nil {
		return err
	}
	defer at.close()
	return at.remove()
}

// modeText is a mode as chmod takes it.
func modeText(m fs.FileMode) string {
	bits := uint32(m.Perm())
	for bit, value := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&bit != 0 {
			bits |= value
		}
	}
	return fmt.Sprintf("%04o", bits)
}

// absolute refuses paths that are not plain absolute ones.
func absolute(p string) error {
	if !filepath.IsAbs(p) || filepath.Clean(p) != p || p == "/" || strings.ContainsAny(p, "\x00\n") {
		return fmt.Errorf("%q is not a plain absolute path", p)
	}
	return nil
}

// isProgram reports whether a path, with any links followed, is a file that may
// be run.
func (s *System) isProgram(p string) (bool, error) {
	info, err := os.Stat(s.path(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0, err
}

// ownerOf is who a file belongs to.
func ownerOf(info fs.FileInfo) (uid, gid int) {
	owner := info.Sys().(*syscall.Stat_t)
	return int(owner.Uid), int(owner.Gid)
}
