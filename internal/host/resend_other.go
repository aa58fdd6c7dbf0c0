//go:build !linux

package host

import "syscall"

// boundResends leaves it to the system where there is no such option.
func boundResends(_, _ string, _ syscall.RawConn) error { return nil }
