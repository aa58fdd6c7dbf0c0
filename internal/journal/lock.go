package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"cairn/internal/problem"
)

// Lock is the right to change the lab's hosts: one program at a time has it. The
// kernel takes it back when the program dies (flock(2)).
type Lock struct{ file *os.File }

// TakeLock takes the lab's lock in dir at once, or says who has it.
func TakeLock(dir, purpose string, now time.Time) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, problem.Wrap(problem.JournalWrite, dir, "the lab's lock cannot be made", err)
	}
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, problem.Wrap(problem.JournalWrite, path, "the lab's lock cannot be made", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := readHolder(file)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, problem.New(problem.RunLocked, "", "another run is changing this lab"+holder)
		}
		return nil, problem.Wrap(problem.JournalWrite, path, "the lab's lock cannot be taken", err)
	}
	note := fmt.Sprintf("cairn %s, process %d, since %s\n", purpose, os.Getpid(), now.UTC().Format(time.RFC3339))
	if err := errors.Join(file.Truncate(0), writeAt(file, note)); err != nil {
		_ = file.Close()
		return nil, problem.Wrap(problem.JournalWrite, path, "the lab's lock cannot be written", err)
	}
	return &Lock{file}, nil
}

func writeAt(file *os.File, note string) error {
	_, err := file.WriteAt([]byte(note), 0)
	return err
}

func readHolder(file *os.File) string {
	note := make([]byte, 256)
	n, _ := file.ReadAt(note, 0)
	if line := strings.TrimSpace(string(note[:n])); line != "" {
		return " (" + line + ")"
	}
	return ""
}

// Release gives the lock back.
func (l *Lock) Release() error { return l.file.Close() }
