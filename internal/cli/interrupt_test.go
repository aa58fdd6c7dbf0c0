package cli

import (
	"os"
	"testing"
	"time"

	"cairn/internal/problem"
)

// TestTheSecondSignalAlwaysEnds has a command that ignores the first signal.
func TestTheSecondSignalAlwaysEnds(t *testing.T) {
	signals, exits := make(chan os.Signal, 2), make(chan int, 1)
	ctx := Interruptible(t.Context(), signals, func(code int) { exits <- code })
	if ctx.Err() != nil {
		t.Fatal("interrupted without a signal")
	}
	signals <- os.Interrupt
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the first signal interrupts nothing")
	}
	if len(exits) > 0 {
		t.Fatal("the first signal ends the program at once")
	}
	signals <- os.Interrupt
	select {
	case code := <-exits:
		if code != problem.ExitCancelled {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the second signal does not end the program")
	}
}
