package host

import (
	"context"
	"net"

	"golang.org/x/crypto/ssh"
)

// Handshake logs in over a connection, which then belongs to the client. The
// connection is closed if the login fails, or if the context ends before the login
// does. Errors are those of [ssh.NewClientConn]. The name is for the host key's
// check.
func Handshake(ctx context.Context, conn net.Conn, name string, config *ssh.ClientConfig) (*ssh.Client, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	made, channels, requests, err := ssh.NewClientConn(conn, name, config)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return ssh.NewClient(made, channels, requests), nil
}
