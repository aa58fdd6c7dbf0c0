//go:build !linux

package host

import "net"

// quickAck returns the connection unchanged, since the option exists only on Linux.
func quickAck(conn net.Conn) net.Conn { return conn }
