package system

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// OpenPlain opens a file for reading. It follows no link and waits for no pipe.
func (s *System) OpenPlain(p string) (*os.File, error) {
	return os.OpenFile(s.Path(p), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

// VerifyOpen opens a file without following a link, passes it to read, and returns an
// error if its mode or owner is not as wanted.
func (s *System) VerifyOpen(p string, read func(io.Reader) error, a Attributes) error {
	file, err := s.OpenPlain(p)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := read(file); err != nil {
		return err
	}
	return SameAttributes(file, p, a)
}

// SameAttributes returns an error if mode or owner of the open file are not those
// wanted. p is the path for messages.
func SameAttributes(file *os.File, p string, want Attributes) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	uid, gid := OwnerOf(info)
	switch {
	case info.Mode()&permissionBits != want.Mode:
		return fmt.Errorf("%s has the mode %s instead of %s", p, ModeText(info.Mode()), ModeText(want.Mode))
	case uid != want.UID || gid != want.GID:
		return fmt.Errorf("%s belongs to %d:%d instead of %d:%d", p, uid, gid, want.UID, want.GID)
	}
	return nil
}
