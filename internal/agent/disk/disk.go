// Package disk writes the agent's own files so that a power cut leaves the old
// content or the new one, and nothing in between.
package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Unfinished is the pattern of names that files have which Replace has not finished.
const Unfinished = ".new-*"

// Replace gives a file its content and mode at once and for good: it is on the
// disk when Replace returns, and whoever reads it finds the old content or the new
// one, also after a power cut.
func Replace(path string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), Unfinished)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	_, err = temp.Write(content)
	if err := errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir puts on the disk which files a directory has.
func SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
