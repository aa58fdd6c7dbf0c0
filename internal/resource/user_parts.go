package resource

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// userParts are what belongs to a user besides the line in /etc/passwd.
type userParts struct{ shadow, group, home bool }

func (s *System) partsOf(a account) (userParts, error) {
	var parts userParts
	var errShadow, errGroup, errHome error
	_, parts.shadow, errShadow = s.entry("/etc/shadow", a.name, 9)
	parts.group, errGroup = s.hasGroupID(a.gid)
	_, _, parts.home, errHome = s.stat(a.home)
	return parts, errors.Join(errShadow, errGroup, errHome)
}

// complete adds what is missing of a user.
func (s *System) complete(ctx context.Context, a account) error {
	parts, err := s.partsOf(a)
	if err != nil {
		return err
	}
	if !parts.shadow {
		// pwconv(8) adds the entries that are missing, with no password to log in by.
		if _, err := s.run(ctx, "pwconv"); err != nil {
			return err
		}
	}
	if !parts.group {
		if _, err := s.run(ctx, "groupadd", "--gid", strconv.Itoa(a.gid), a.name); err != nil {
			return err
		}
	}
	if !parts.home {
		return s.makeHome(a)
	}
	return nil
}

const (
	skeleton = "/etc/skel"        // useradd(8)
	homeMode = fs.FileMode(0o700) // HOME_MODE of Debian's login.defs
)

// makeHome makes a home with what every new one has in it, at once: until it is
// whole it has another name.
func (s *System) makeHome(a account) error {
	at, err := s.place(a.home)
	if err != nil {
		return err
	}
	defer at.close()
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

func (s *System) copySkeleton(at place, a account) error {
	to := func(name string) place {
		to := at
		to.name = name
		return to
	}
	return filepath.WalkDir(s.path(skeleton), func(path string, entry fs.DirEntry, err error) error {
		if path == s.path(skeleton) && (err == nil || errors.Is(err, fs.ErrNotExist)) {
			return to(at.unfinished()).makeDir(attributes{homeMode, a.uid, a.gid})
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(s.path(skeleton), path)
		if err != nil {
			return err
		}
		return copyTo(to(filepath.Join(at.unfinished(), below)), path, entry, a)
	})
}

// copyTo copies one file, link or directory of the skeleton.
func copyTo(to place, from string, entry fs.DirEntry, a account) error {
	info, err := entry.Info()
	if err != nil {
		return err
	}
	mine := attributes{info.Mode() & permissionBits, a.uid, a.gid}
	switch {
	case info.IsDir():
		return to.makeDir(mine)
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return errors.Join(to.dir.Symlink(target, to.name), to.dir.Lchown(to.name, a.uid, a.gid))
	case info.Mode().IsRegular():
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		return to.replace(content, mine)
	}
	return nil
}
