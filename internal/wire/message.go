package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"
)

// MaxMessage is the largest message, in bytes.
const MaxMessage = 16 << 20

// ErrMessage says that this version cannot read a message.
var ErrMessage = errors.New("a message that cannot be read")

// decoding is strict. It refuses unknown fields, and limits nesting and sizes.
var decoding = must(cbor.DecOptions{
	DupMapKey: cbor.DupMapKeyEnforcedAPF, ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, MaxNestedLevels: 32,
	MaxArrayElements: 1 << 20, MaxMapPairs: 1 << 16, IndefLength: cbor.IndefLengthForbidden,
}.DecMode())

// encoding is deterministic (RFC 8949 section 4.2.1). Times keep their nanoseconds.
var encoding = must(cbor.EncOptions{Sort: cbor.SortCoreDeterministic, Time: cbor.TimeRFC3339Nano}.EncMode())

func must[T any](mode T, err error) T {
	if err != nil {
		panic("wire: " + err.Error())
	}
	return mode
}

// Encode returns a message as it is sent, and as it is stored on a host's disk.
func Encode(message any) ([]byte, error) { return encoding.Marshal(message) }

// Decode reads a message into a pointer. Its errors are an [ErrMessage].
func Decode(data []byte, message any) error {
	if err := decoding.Unmarshal(data, message); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return nil
}

// Send writes one message. Its errors include those of [Stream.WriteContext].
func (s *Stream) Send(ctx context.Context, message any) error {
	body, err := Encode(message)
	if err != nil {
		return fmt.Errorf("encoding %T: %w", message, err)
	}
	if len(body) > MaxMessage {
		return fmt.Errorf("%w: %T has %d bytes", ErrMessage, message, len(body))
	}
	_, err = s.WriteContext(ctx, append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...))
	return err
}

// Receive waits for one message and reads it into the pointer. At the end of the
// stream it returns [io.EOF].
func (s *Stream) Receive(ctx context.Context, message any) error {
	var size [4]byte
	if err := s.fill(ctx, size[:], io.EOF); err != nil {
		return err
	}
	length := binary.BigEndian.Uint32(size[:])
	if length > MaxMessage {
		return fmt.Errorf("%w: it has %d bytes", ErrMessage, length)
	}
	body := make([]byte, length)
	if err := s.fill(ctx, body, io.ErrUnexpectedEOF); err != nil {
		return err
	}
	return Decode(body, message)
}

// fill reads all of p. If the stream ends before the first byte, it returns
// atStart.
func (s *Stream) fill(ctx context.Context, p []byte, atStart error) error {
	for have := 0; have < len(p); {
		n, err := s.ReadContext(ctx, p[have:])
		have += n
		switch {
		case err == io.EOF && have == 0:
			return atStart
		case err == io.EOF && have < len(p):
			return io.ErrUnexpectedEOF
		case err != nil && err != io.EOF:
			return err
		}
	}
	return nil
}
