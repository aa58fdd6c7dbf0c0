// Package vantage looks at the network from the machine it runs on: the
// controller, or a host through its agent. It does not judge what it sees.
package vantage

import (
	"context"
	"net"
	"time"

	"cairn/internal/wire"
)

// Dial opens a connection. A timeout of 0 leaves the limit to the context.
func Dial(ctx context.Context, network, address string, timeout time.Duration) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, address)
}

// Datagram sends one UDP datagram and waits for an answer until the request's
// timeout. No answer in time is not an error: the reply is then empty.
func Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", request.Address)
	if err != nil {
		return wire.DatagramReply{}, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(request.Timeout)); err != nil {
		return wire.DatagramReply{}, err
	}
	if _, err := conn.Write(request.Payload); err != nil {
		return wire.DatagramReply{}, err
	}
	answer := make([]byte, 2048)
	n, err := conn.Read(answer)
	if err != nil {
		return wire.DatagramReply{}, nil
	}
	return wire.DatagramReply{Payload: answer[:n]}, nil
}
