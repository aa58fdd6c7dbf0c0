package guard

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const lockFile = "lock"

// lookAgain is how often a guard checks whether another process did something.
const lookAgain = 5 * time.Millisecond

// lock keeps other processes out of the guard's directory until release is called.
// The kernel releases it if the process dies (flock(2)).
func lock(ctx context.Context, dir string) (release func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(err, file.Close())
		}
		if err := sleep(ctx, lookAgain); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
