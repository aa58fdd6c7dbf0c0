package guard

import (
	"context"
	"time"
)

// Alarm is what ends a guard when the process that carries it out does not. It
// has to outlive every process of Cairn and a restart of the host.
type Alarm interface {
	// Arm returns when the guard in dir will be resumed by itself after the time,
	// and at the next start of the host, and this was read back. Arming again
	// begins the time anew.
	Arm(ctx context.Context, dir string, after time.Duration) error
	// Disarm takes both back. Disarming what is not armed is fine.
	Disarm(ctx context.Context, dir string) error
	// Others reports whether the alarm of another guard on the host is armed.
	Others(ctx context.Context, dir string) (bool, error)
}
