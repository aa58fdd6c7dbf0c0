package resource

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"syscall"
)

// verifyOpen opens a file, but no link, and compares what is open with what
// should be there.
func (s *System) verifyOpen(p string, content []byte, a attributes) error {
	file, err := os.OpenFile(s.path(p), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
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
	return sameAttributes(file, p, a)
}

// sameAttributes compares the mode and owner of what is open with what they
// should be.
func sameAttributes(file *os.File, p string, want attributes) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	uid, gid := ownerOf(info)
	switch {
	case info.Mode()&permissionBits != want.mode:
		return fmt.Errorf("%s has the mode %s instead of %s", p, modeText(info.Mode()), modeText(want.mode))
	case uid != want.uid || gid != want.gid:
		return fmt.Errorf("%s belongs to %d:%d instead of %d:%d", p, uid, gid, want.uid, want.gid)
	}
	return nil
}
