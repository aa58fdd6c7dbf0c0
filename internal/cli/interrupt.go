package cli

import (
	"context"
	"os"

	"cairn/internal/problem"
)

// Interruptible returns a context that ends with the first signal, so that a command
// can still say what is true. The second ends the program by exit, whatever it waits
// for: nothing on a host depends on how this program ends.
func Interruptible(ctx context.Context, signals <-chan os.Signal, exit func(code int)) context.Context {
	ctx, interrupt := context.WithCancel(ctx)
	go func() {
		<-signals
		interrupt()
		<-signals
		exit(problem.ExitCancelled)
	}()
	return ctx
}
