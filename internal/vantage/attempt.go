package vantage

import (
	"errors"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// attempt is a connection that was begun. Its result is read when its time is up.
// It is a bare socket, not a [net.Conn]. Thousands are open at once, and a
// goroutine, a poller and a timer for each took 400 MB and most of a processor.
type attempt struct {
	port   uint16
	socket int
	due    time.Time
}

// begin sends the first packet of a connection.
func begin(address netip.AddrPort, due time.Time) (attempt, error) {
	family := unix.AF_INET
	if address.Addr().Is6() {
		family = unix.AF_INET6
	}
	// A program started at this moment must not inherit the socket (os/exec).
	syscall.ForkLock.RLock()
	socket, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(socket)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return attempt{}, err
	}
	if err = unix.SetNonblock(socket, true); err == nil {
		err = unix.Connect(socket, sockaddr(address))
	}
	if err != nil && !errors.Is(err, unix.EINPROGRESS) && !errors.Is(err, unix.EINTR) {
		return attempt{}, errors.Join(err, unix.Close(socket))
	}
	return attempt{address.Port(), socket, due}, nil
}

func sockaddr(address netip.AddrPort) unix.Sockaddr {
	if address.Addr().Is6() {
		return &unix.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16()}
	}
	return &unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}
}

// errSilent ends an attempt that got no answer.
var errSilent = errors.New("no answer")

// end returns the result of the attempt: nil if the port accepted the
// connection.
func (a attempt) end() error {
	defer func() { _ = unix.Close(a.socket) }()
	ready, err := answered(a.socket)
	switch {
	case err != nil:
		return err
	case ready == 0:
		return errSilent
	}
	number, err := unix.GetsockoptInt(a.socket, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && number != 0 {
		err = syscall.Errno(number)
	}
	return err
}

// answered returns 1 if the socket has an answer, else 0. Signals interrupt
// poll, Go's runtime sends many of them, and the kernel does not resume it
// (signal(7)). So answered tries again.
func answered(socket int) (ready int, err error) {
	for {
		ready, err = unix.Poll([]unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}, 0)
		if !errors.Is(err, unix.EINTR) {
			return ready, err
		}
	}
}
