package probe

import (
	"context"
	"io"
	"net"
	"strings"
)

// dialBriefly waits for a connection as long as a port may take to answer.
func dialBriefly(ctx context.Context, from Vantage, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	return from.Dial(ctx, network, address)
}

// readBanner reads the first line that the other side sends.
func readBanner(ctx context.Context, conn net.Conn) (string, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	line := make([]byte, 0, 256)
	one := make([]byte, 1)
	for len(line) < cap(line) {
		if _, err := io.ReadFull(conn, one); err != nil {
			return string(line), err
		}
		if one[0] == '\n' {
			return strings.TrimRight(string(line), "\r"), nil
		}
		line = append(line, one[0])
	}
	return string(line), nil
}
