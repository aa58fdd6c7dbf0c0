package host

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// boundResends ends a connection if sent data is not acknowledged for goneAfter
// (TCP_USER_TIMEOUT in tcp(7)). The kernel's own limit is about fifteen minutes.
func boundResends(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(goneAfter.Milliseconds()))
	})
	return errors.Join(err, failed)
}
