package agent

import (
	"context"
	"errors"
	"io"

	"cairn/internal/problem"
	"cairn/internal/vantage"
	"cairn/internal/wire"
)

// scan tries ports and reports its progress.
func scan(ctx context.Context, stream *wire.Stream) error {
	var request wire.ScanRequest
	if err := stream.Receive(ctx, &request); err != nil {
		return err
	}
	telling := vantage.Telling(ctx, func(percent int) { _ = stream.Send(ctx, wire.ScanNews{Percent: percent}) })
	reply, err := vantage.Shared().Scan(telling, request)
	if err != nil {
		// A scan that could not be made has tried no port.
		reply = wire.ScanReply{Errors: int(request.Last) - int(request.First) + 1, Trouble: err.Error()}
	}
	return stream.Send(ctx, wire.ScanNews{Reply: &reply})
}

func datagram(ctx context.Context, request wire.DatagramRequest) wire.DatagramReply {
	reply, err := vantage.Datagram(ctx, request)
	if err != nil {
		reply.Failure = failureOf(problem.Wrap(problem.HostUnreachable, "", "no datagram could be sent", err))
	}
	return reply
}

// dial makes a connection from this host and joins it to the stream.
func dial(ctx context.Context, stream *wire.Stream) error {
	var request wire.DialRequest
	if err := stream.Receive(ctx, &request); err != nil {
		return err
	}
	conn, err := vantage.Dial(ctx, request.Network, request.Address, request.Timeout)
	if err != nil {
		return stream.Send(ctx, wire.Done{Failure: failureOf(problem.Wrap(problem.HostUnreachable, "", "no connection", err))})
	}
	defer func() { _ = conn.Close() }()
	if err := stream.Send(ctx, wire.Done{}); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(conn, stream)
		if half, ok := conn.(interface{ CloseWrite() error }); ok && err == nil {
			err = half.CloseWrite()
		} else {
			_ = conn.Close()
		}
		sent <- err
	}()
	_, err = io.Copy(stream, conn)
	_ = stream.CloseWrite()
	_ = conn.Close()
	_ = stream.Close()
	return errors.Join(err, <-sent)
}
