package cli

import (
	"context"
	"os"

	"cairn/internal/problem"
)

// Interruptible returns a context that ends with the first signal, so that a
// command can still report the state. The second signal ends the program at once
// with exit. That is safe, because nothing on a host depends on how this program
// ends.
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
