package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"cairn/internal/problem"
	"cairn/internal/wire"
)

// listen opens a test listener, on a port that nothing else uses. It answers with
// the nonce until the stream closes.
func (s *session) listen(ctx context.Context, stream *wire.Stream) error {
	var request wire.ListenRequest
	if err := stream.Receive(ctx, &request); err != nil {
		return err
	}
	open := openListener
	switch {
	case request.Forwarded:
		open = s.openForwarded
	case request.Container:
		open = s.openContained
	}
	port, stop, err := open(ctx, request)
	if errors.Is(err, errNoForwarding) {
		return stream.Send(ctx, wire.ListenReply{Impossible: err.Error()})
	}
	if err != nil {
		return stream.Send(ctx, wire.ListenReply{Failure: failureOf(problem.Wrap(problem.ResourceFailed, "", "no test listener could be opened", err))})
	}
	defer stop()
	if err := stream.Send(ctx, wire.ListenReply{Port: port}); err != nil {
		return err
	}
	// Nothing more is sent. This returns when the other side closes.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err = stream.ReadContext(ctx, make([]byte, 1))
	if err == io.EOF {
		return nil
	}
	return err
}

// openListener listens on this host itself.
func openListener(ctx context.Context, request wire.ListenRequest) (port uint16, stop func(), err error) {
	var closer io.Closer
	switch network := request.Network; {
	case strings.HasPrefix(network, "tcp"):
		closer, port, err = listenTCP(ctx, network, request.Port, request.Nonce)
	case strings.HasPrefix(network, "udp"):
		closer, port, err = listenUDP(ctx, network, request.Port, request.Nonce)
	default:
		return 0, nil, fmt.Errorf("%q is not a network for a test listener", network)
	}
	if err != nil {
		return 0, nil, err
	}
	return port, func() { _ = closer.Close() }, nil
}

func listenTCP(ctx context.Context, network string, port uint16, nonce string) (io.Closer, uint16, error) {
	l, err := new(net.ListenConfig).Listen(ctx, network, fmt.Sprintf(":%d", port))
	if err != nil {
		return nil, 0, err
	}
	go answerTCP(l, nonce)
	return l, netip.MustParseAddrPort(l.Addr().String()).Port(), nil
}

func answerTCP(l net.Listener, nonce string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = conn.Write([]byte(nonce + "\n"))
		_ = conn.Close()
	}
}

func listenUDP(ctx context.Context, network string, port uint16, nonce string) (io.Closer, uint16, error) {
	conn, err := new(net.ListenConfig).ListenPacket(ctx, network, fmt.Sprintf(":%d", port))
	if err != nil {
		return nil, 0, err
	}
	go func() {
		buffer := make([]byte, 2048)
		for {
			_, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo([]byte(nonce), from)
		}
	}()
	return conn, netip.MustParseAddrPort(conn.LocalAddr().String()).Port(), nil
}

// TestListener listens on a TCP address and answers with the nonce, until ctx
// ends. It runs in the network namespace of a forwarded listener. It writes
// "ready" once it listens.
func TestListener(ctx context.Context, address, nonce string, ready io.Writer) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	if _, err := fmt.Fprintln(ready, "ready"); err != nil {
		return err
	}
	answerTCP(l, nonce)
	return nil
}
