package throwaway

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lock is a file that a rehearsal keeps locked while its process lives. The
// kernel releases it however the process ends. A process id could not show
// that, because ids are reused.
type lock struct{ file *os.File }

// fileOf returns the path of a run's file among the machine's temporary files.
func fileOf(runID, ending string) string {
	return filepath.Join(os.TempDir(), "cairn-rehearsal-"+runID+ending)
}

// FolderOf returns the folder in which a rehearsed lab keeps its key, pinned
// host keys and journal.
func FolderOf(runID string) string { return fileOf(runID, ".lab") }

// removeFiles removes the files of a run that has ended.
func removeFiles(runID string) error {
	err := os.Remove(fileOf(runID, ".lock"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(FolderOf(runID)))
}

// lockFor makes and takes the lock of a run, in the machine's folder for
// temporary files.
func lockFor(runID string) (*lock, error) {
	path := fileOf(runID, ".lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("make the lock of rehearsal %s: %w", runID, err)
	}
	if err := take(file); err != nil {
		return nil, err
	}
	return &lock{file}, nil
}

// take locks a file or folder until it is closed. If another process has locked
// it, take closes it.
func take(file *os.File) error {
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("lock %s: %w", file.Name(), err), file.Close())
	}
	return nil
}

func (l *lock) path() string { return l.file.Name() }

// release removes and releases the lock.
func (l *lock) release() error {
	return errors.Join(os.Remove(l.file.Name()), l.file.Close())
}

// held reports whether a living process holds the lock at path. A lock that
// this user may not read counts as held.
func held(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer func() { _ = file.Close() }()
	if err := unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
		return true
	}
	return false
}
