package journal

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cairn/internal/problem"
)

// Lock is the right to change the lab's hosts. One program at a time has it.
// The kernel releases it when the program dies (flock(2)).
type Lock struct{ file *os.File }

// TakeLock takes the lab's lock in dir, or returns at once a problem that says
// who holds it.
func TakeLock(dir, purpose string, now time.Time) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, problem.Wrap(problem.JournalWrite, dir, "cannot make the lab's lock", err)
	}
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, problem.Wrap(problem.JournalWrite, path, "cannot make the lab's lock", err)
	}
	if err := lockFile(file); err != nil {
		holder := readHolder(file)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, problem.New(problem.RunLocked, "", "another run is changing this lab"+inBrackets(holder))
		}
		return nil, problem.Wrap(problem.JournalWrite, path, "cannot take the lab's lock", err)
	}
	note := fmt.Sprintf("cairn %s, process %d, since %s\n", purpose, os.Getpid(), now.UTC().Format(time.RFC3339))
	if err := errors.Join(file.Truncate(0), writeAt(file, note)); err != nil {
		_ = file.Close()
		return nil, problem.Wrap(problem.JournalWrite, path, "cannot write the lab's lock", err)
	}
	return &Lock{file}, nil
}

// lockFile tries for a moment, because a call of [Holder] holds the lock that
// long.
func lockFile(file *os.File) error {
	var err error
	for range 5 {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// Holder says who holds the lab's lock in dir: the command, its process and
// since when. It is empty if nobody does.
func Holder(dir string) (string, error) {
	file, err := os.Open(filepath.Join(dir, "lock"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", problem.Wrap(problem.JournalWrite, dir, "cannot read the lab's lock", err)
	}
	defer func() { _ = file.Close() }()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return cmp.Or(readHolder(file), "another program"), nil
	}
	return "", err
}

func writeAt(file *os.File, note string) error {
	_, err := file.WriteAt([]byte(note), 0)
	return err
}

func readHolder(file *os.File) string {
	note := make([]byte, 256)
	n, _ := file.ReadAt(note, 0)
	return strings.TrimSpace(string(note[:n]))
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// Release releases the lock.
func (l *Lock) Release() error { return l.file.Close() }
