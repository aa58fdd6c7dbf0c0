package host

import (
	"net"
	"syscall"
)

// quickAckConn acknowledges received data at once (TCP_QUICKACK in tcp(7)). sshd
// sends small packets and uses Nagle's algorithm until a terminal is asked for. A
// delayed acknowledgement holds up its next packet by 40 ms, once in every login.
// The kernel resets the option, so it is set before every read.
type quickAckConn struct {
	net.Conn
	raw syscall.RawConn
}

// quickAck wraps a TCP connection, and returns any other unchanged.
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
	// If this fails, the connection is only slower.
	_ = c.raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) })
	return c.Conn.Read(p)
}
