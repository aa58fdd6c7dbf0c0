package host

import (
	"net"
	"syscall"
)

// quickAckConn acknowledges at once what arrives (TCP_QUICKACK in tcp(7)). sshd
// sends small pieces with Nagle's algorithm on until a terminal is asked for, so
// that a delayed acknowledgement holds up its next piece by 40 ms, once in every
// login. The option does not last, so it is set before every read.
type quickAckConn struct {
	net.Conn
	raw syscall.RawConn
}

// quickAck wraps a TCP connection, and returns any other as it is.
func quickAck(conn net.Conn) net.Conn {
	tcp, is := conn.(*net.TCPConn)
	if !is {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	return quickAckConn{conn, raw}
}

// Read implements [net.Conn].
func (c quickAckConn) Read(p []byte) (int, error) {
	// Without it the connection is slower and nothing else.
	_ = c.raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) })
	return c.Conn.Read(p)
}
