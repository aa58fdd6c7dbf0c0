//go:build !linux

package host

import "syscall"

// boundResends does nothing, since the option exists only on Linux.
func boundResends(_, _ string, _ syscall.RawConn) error { return nil }
