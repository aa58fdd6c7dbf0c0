package system

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"syscall"
)

// VerifyOpen opens a file, but no link, and compares what is open with what
// should be there.
func (s *System) VerifyOpen(p string, content []byte, a Attributes) error {
	file, err := os.OpenFile(s.Path(p), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	have, err := io.ReadAll(file)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(have, content):
		return fmt.Errorf("%s has another content than was written", p)
	}
	return SameAttributes(file, p, a)
}

// SameAttributes compares the mode and owner of what is open with what they
// should be.
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
