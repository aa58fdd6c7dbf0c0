package wire

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Side tells the two ends of a connection apart.
type Side uint32

// The sides. The controller numbers its streams 1, 3, 5..., the agent 2, 4, 6...
const (
	ControllerSide Side = 1
	AgentSide      Side = 2
)

// Heartbeat tells a silent connection from a dead one.
type Heartbeat struct {
	Every time.Duration // between two pings
	Limit time.Duration // the connection is dead after this time without a frame
}

// DefaultHeartbeat tolerates a home network that stalls for some seconds.
var DefaultHeartbeat = Heartbeat{Every: 5 * time.Second, Limit: 20 * time.Second}

// ErrDead ends a connection whose other side fell silent.
var ErrDead = errors.New("the other side went silent")

// ErrClosed ends every call that still waits when this side closes the connection.
var ErrClosed = errors.New("the connection was closed")

// acceptBacklog limits the streams that wait for [Mux.Accept].
const acceptBacklog = 64

// maxStreams limits the streams that the other side can open.
const maxStreams = 1024

// Mux carries streams over one connection. It is safe for concurrent use.
type Mux struct {
	conn  io.ReadWriteCloser
	side  Side
	beat  Heartbeat
	heard chan struct{}
	out   *outbox

	mu      sync.Mutex
	streams map[uint32]*Stream
	next    uint32
	err     error
	done    chan struct{}
	accept  chan *Stream
	workers sync.WaitGroup
}

// NewMux starts to read frames from conn, and owns conn from then on. Closing conn
// must end waiting reads and writes within a bounded time, whatever the other side
// does.
func NewMux(conn io.ReadWriteCloser, side Side, beat Heartbeat) *Mux {
	m := &Mux{
		conn: conn, side: side, beat: beat, heard: make(chan struct{}, 1), out: newOutbox(), streams: map[uint32]*Stream{}, next: uint32(side),
		done: make(chan struct{}), accept: make(chan *Stream, acceptBacklog),
	}
	m.workers.Go(m.read)
	m.workers.Go(m.send)
	m.workers.Go(m.watch)
	return m
}

// Open starts a stream of a kind that the other side knows.
func (m *Mux) Open(ctx context.Context, kind string) (*Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	if m.err != nil {
		defer m.mu.Unlock()
		return nil, m.err
	}
	s := newStream(m, m.next, kind)
	m.streams[s.id] = s
	m.next += 2
	m.mu.Unlock()
	if err := m.write(ctx, frame{stream: s.id, typ: frameOpen, payload: []byte(kind)}); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Accept waits for the next stream from the other side.
func (m *Mux) Accept(ctx context.Context) (*Stream, error) {
	select {
	case s := <-m.accept:
		return s, nil
	case <-m.done:
		return nil, m.Err()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Done returns a channel that is closed when the connection has ended.
func (m *Mux) Done() <-chan struct{} { return m.done }

// Err returns why the connection ended, or nil if it has not.
func (m *Mux) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// Close ends the connection and all its streams, and waits for its goroutines. That
// takes as long as closing conn takes.
func (m *Mux) Close() error {
	m.end(ErrClosed)
	m.workers.Wait()
	return nil
}

// end ends the connection, once, for the first reason. Calls that wait on a stream
// end first, because closing the connection can take a while if the other side is
// gone.
func (m *Mux) end(reason error) {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		return
	}
	m.err = reason
	streams := make([]*Stream, 0, len(m.streams))
	for _, s := range m.streams {
		streams = append(streams, s)
	}
	close(m.done)
	m.workers.Go(func() { _ = m.conn.Close() })
	m.mu.Unlock()
	for _, s := range streams {
		s.fail(reason)
	}
}

// write sends one frame and waits until it is written. Frames of several streams
// are written in the order of the calls. If ctx ends, write returns, but the frame
// is still sent whole.
func (m *Mux) write(ctx context.Context, f frame) error {
	if err := m.Err(); err != nil {
		return err
	}
	select {
	case <-m.out.put(f):
		return nil
	case <-m.done:
		return m.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post sends a frame without waiting. It is for control frames, not for data.
func (m *Mux) post(f frame) error {
	if err := m.Err(); err != nil {
		return err
	}
	m.out.put(f)
	return nil
}

// send writes the queued frames. Only this goroutine waits for the other side to
// read them.
func (m *Mux) send() {
	for {
		select {
		case <-m.done:
			return
		case <-m.out.filled:
		}
		for o, more := m.out.take(); more; o, more = m.out.take() {
			if _, err := m.conn.Write(o.bytes); err != nil {
				m.end(fmt.Errorf("writing: %w", err))
				return
			}
			close(o.written)
		}
	}
}

func (m *Mux) read() {
	r := bufio.NewReaderSize(m.conn, MaxPayload)
	for {
		f, err := readFrame(r)
		if err != nil {
			m.end(fmt.Errorf("reading: %w", err))
			return
		}
		select {
		case m.heard <- struct{}{}:
		default:
		}
		if err := m.take(f); err != nil {
			m.end(err)
			return
		}
	}
}

// take passes a frame to its stream. A frame of an unknown stream is late, not
// wrong.
func (m *Mux) take(f frame) error {
	switch f.typ {
	case framePing:
		m.out.beat(framePong)
		return nil
	case framePong:
		return nil
	case frameOpen:
		return m.opened(f)
	}
	m.mu.Lock()
	s := m.streams[f.stream]
	m.mu.Unlock()
	if s == nil {
		return nil
	}
	switch f.typ {
	case frameData:
		return s.arrive(f.payload)
	case frameEnd:
		s.ended()
	case frameReset:
		s.fail(fmt.Errorf("%w: %s", ErrReset, f.payload))
	case frameCredit:
		if len(f.payload) != 4 {
			return fmt.Errorf("%w: credit of %d bytes", errFrame, len(f.payload))
		}
		s.credited(binary.BigEndian.Uint32(f.payload))
	}
	return nil
}

func (m *Mux) opened(f frame) error {
	ours := f.stream%2 == uint32(m.side)%2
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil
	}
	if ours || m.streams[f.stream] != nil || len(f.payload) > 64 {
		return fmt.Errorf("%w: stream %d opened wrongly", errFrame, f.stream)
	}
	s := newStream(m, f.stream, string(f.payload))
	if len(m.streams) >= maxStreams {
		return fmt.Errorf("%w: more than %d streams", errFrame, maxStreams)
	}
	m.streams[f.stream] = s
	select {
	case m.accept <- s:
		return nil
	default:
		return fmt.Errorf("%w: more than %d streams wait", errFrame, acceptBacklog)
	}
}

func (m *Mux) forget(id uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.streams, id)
}

// watch sends pings, and ends a connection that does not answer.
func (m *Mux) watch() {
	ticker := time.NewTicker(m.beat.Every)
	defer ticker.Stop()
	silence := time.NewTimer(m.beat.Limit)
	defer silence.Stop()
	for {
		select {
		case <-m.done:
			return
		case <-m.heard:
			silence.Reset(m.beat.Limit)
		case <-silence.C:
			m.end(ErrDead)
			return
		case <-ticker.C:
			m.out.beat(framePing)
		}
	}
}
