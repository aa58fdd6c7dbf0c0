// Command cairn makes a homelab's implementation roadmap executable.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"cairn/internal/cli"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx := cli.Interruptible(context.Background(), signals, os.Exit)
	os.Exit(cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
