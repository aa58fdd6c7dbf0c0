package system

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// UnfinishedFiles is a pattern for the names of files that ReplaceFile has not
// finished, in a folder of Cairn's own.
const UnfinishedFiles = ".*new-*"

// Unfinished is a pattern for the names of files that ReplaceFile has not finished for
// one path. A folder of others may have files that look like the rest.
func Unfinished(path string) string { return "." + filepath.Base(path) + ".new-*" }

// ReplaceFile writes one of Cairn's own files atomically and syncs it to disk. A
// reader sees the old content or the new one, also after a power cut.
func ReplaceFile(path string, content []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(path), Unfinished(path))
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

// SyncDir syncs a directory's entries to disk.
func SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
