package host

import (
	"context"
	"net"

	"cairn/internal/vantage"
	"cairn/internal/wire"
)

// Local is the controller itself, as a vantage. It is safe for concurrent use.
type Local struct{}

// Dial makes a connection, as [net.Dialer.DialContext] does.
func (Local) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return vantage.Dial(ctx, network, address, 0)
}

// Scan tries TCP ports from the controller.
func (Local) Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error) {
	return vantage.Shared().Scan(ctx, request)
}

// Datagram sends a datagram from the controller and waits for an answer.
func (Local) Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error) {
	return vantage.Datagram(ctx, request)
}
