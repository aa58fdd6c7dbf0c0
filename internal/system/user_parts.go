package system

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// userParts says which parts of a user exist besides the line in /etc/passwd.
type userParts struct{ Shadow, Group, Home bool }

// PartsOf finds out which parts of a user exist.
func (s *System) PartsOf(a Account) (userParts, error) {
	var parts userParts
	var errShadow, errGroup, errHome error
	_, parts.Shadow, errShadow = s.entry("/etc/shadow", a.Name, 9)
	parts.Group, errGroup = s.hasGroupID(a.GID)
	_, _, parts.Home, errHome = s.Stat(a.Home)
	return parts, errors.Join(errShadow, errGroup, errHome)
}

// Complete adds the missing parts of a user.
func (s *System) Complete(ctx context.Context, a Account) error {
	parts, err := s.PartsOf(a)
	if err != nil {
		return err
	}
	if !parts.Shadow {
		// pwconv(8) adds missing entries, without a password for logging in.
		if _, err := s.Run(ctx, "pwconv"); err != nil {
			return err
		}
	}
	if !parts.Group {
		if _, err := s.Run(ctx, "groupadd", "--gid", strconv.Itoa(a.GID), a.Name); err != nil {
			return err
		}
	}
	if !parts.Home {
		return s.makeHome(a)
	}
	return nil
}

const (
	skeleton = "/etc/skel"        // useradd(8)
	homeMode = fs.FileMode(0o700) // HOME_MODE of Debian's login.defs
)

// makeHome makes a home directory with the usual files. It is renamed when
// complete, so nobody sees half a home.
func (s *System) makeHome(a Account) error {
	at, err := s.Place(a.Home)
	if err != nil {
		return err
	}
	defer at.Close()
	if err := at.dir.MkdirAll(filepath.Dir(at.name), 0o755); err != nil {
		return err
	}
	if err := at.dir.RemoveAll(at.unfinished()); err != nil {
		return err
	}
	if err := s.copySkeleton(at, a); err != nil {
		return err
	}
	at.reached("furnished")
	return errors.Join(at.dir.Rename(at.unfinished(), at.name), at.syncDir())
}

func (s *System) copySkeleton(at Place, a Account) error {
	to := func(name string) Place {
		to := at
		to.name = name
		return to
	}
	return filepath.WalkDir(s.Path(skeleton), func(path string, entry fs.DirEntry, err error) error {
		if path == s.Path(skeleton) && (err == nil || errors.Is(err, fs.ErrNotExist)) {
			return to(at.unfinished()).MakeDir(Attributes{homeMode, a.UID, a.GID})
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(s.Path(skeleton), path)
		if err != nil {
			return err
		}
		return copyTo(to(filepath.Join(at.unfinished(), below)), path, entry, a)
	})
}

// copyTo copies one file, link or directory of the skeleton.
func copyTo(to Place, from string, entry fs.DirEntry, a Account) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	mine := Attributes{info.Mode() & permissionBits, a.UID, a.GID}
	switch {
	case info.IsDir():
		return to.MakeDir(mine)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return errors.Join(to.dir.Symlink(target, to.name), to.dir.Lchown(to.name, a.UID, a.GID))
	case info.Mode().IsRegular():
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		return to.Replace(content, mine)
	}
	return nil
}
