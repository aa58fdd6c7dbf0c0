package vantage

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A signal at any moment must not end an attempt.
func TestASignalEndsNoAttempt(t *testing.T) {
	// A listening socket is never writable, like a socket that gets no answer.
	silent, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(silent) }()
	if err := unix.Listen(silent, 1); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var done atomic.Bool
	ended := make(chan struct{})
	thread := unix.Gettid()
	go func() {
		defer close(ended)
		for !done.Load() {
			// The signal by which Go's runtime interrupts goroutines.
			_ = unix.Tgkill(unix.Getpid(), thread, syscall.SIGURG)
		}
	}()
	for range 200_000 {
		if _, err := answered(silent); err != nil {
			t.Errorf("the attempt ended with %v", err)
			break
		}
	}
	done.Store(true)
	<-ended
}
