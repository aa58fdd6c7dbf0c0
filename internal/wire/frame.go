package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxPayload is the largest payload of a frame, in bytes.
const MaxPayload = 64<<10 - headerSize

const headerSize = 9

// frameType is the purpose of a frame.
type frameType byte

const (
	frameOpen   frameType = iota + 1 // payload: the stream's kind
	frameData                        // payload: bytes of the stream
	frameCredit                      // payload: how many more bytes may be sent, uint32
	frameEnd                         // no more data from this side
	frameReset                       // the stream is abandoned; payload: why
	framePing
	framePong
)

// frame is one unit on the connection.
type frame struct {
	stream  uint32
	typ     frameType
	payload []byte
}

// errFrame says that a connection carries something other than frames.
var errFrame = errors.New("not a frame")

// appendFrame appends the encoded frame to b.
func appendFrame(b []byte, f frame) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(f.payload)))
	b = binary.BigEndian.AppendUint32(b, f.stream)
	b = append(b, byte(f.typ))
	return append(b, f.payload...)
}

// readFrame reads the next frame. If the header is not that of a frame, it reads no
// further.
func readFrame(r io.Reader) (frame, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return frame{}, err
	}
	length := binary.BigEndian.Uint32(header[:4])
	f := frame{stream: binary.BigEndian.Uint32(header[4:8]), typ: frameType(header[8])}
	if length > MaxPayload || f.typ < frameOpen || f.typ > framePong {
		return frame{}, fmt.Errorf("%w: type %d with %d bytes", errFrame, f.typ, length)
	}
	f.payload = make([]byte, length)
	if _, err := io.ReadFull(r, f.payload); err != nil {
		return frame{}, fmt.Errorf("frame cut short: %w", err)
	}
	return f, nil
}
