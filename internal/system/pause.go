package system

import (
	"context"
	"time"
)

// Pause waits for d. It ends early, with the context's error, if that is done.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
