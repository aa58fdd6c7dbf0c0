package guard

import (
	"context"
	"time"
)

// Alarm ends a guard if the guard's process does not. It has to outlive every
// process of Cairn and a restart of the host. Every method may be called again, also
// after a crash. After an error of Arm the alarm may not be armed. After an error of
// Disarm it may still be.
type Alarm interface {
	// Arm makes the system resume the guard in dir after the given time, and at the
	// next start of the host. It returns after it has read both back. Arming again
	// restarts the time.
	Arm(ctx context.Context, dir string, after time.Duration) error
	// Disarm cancels both. It is no error if nothing is armed.
	Disarm(ctx context.Context, dir string) error
	// Others reports whether another guard on the host has an armed alarm.
	Others(ctx context.Context, dir string) (bool, error)
}
