package system

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// UnfinishedFiles is the pattern of the names of files that ReplaceFile has not finished.
const UnfinishedFiles = ".new-*"

// ReplaceFile gives a file of Cairn's own its content and mode at once and for good:
// it is on the disk when it returns, and whoever reads it finds the old content or
// the new one, also after a power cut.
func ReplaceFile(path string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), UnfinishedFiles)
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
