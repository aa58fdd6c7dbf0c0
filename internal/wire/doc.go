// Package wire defines the messages between controller and agent, and the frames
// that carry many streams over one connection.
//
// # Frames
//
// A frame has a header of 9 bytes (length of the payload, stream, type) and at most
// [MaxPayload] bytes of payload, so that a big file cannot hold up a heartbeat. A
// stream is one conversation. It begins with its kind, and carries messages in CBOR
// (RFC 8949) or plain bytes. A side may send only as many bytes of a stream as the
// other side has given credit for. The side that opened the connection gives its
// streams odd numbers, the other side even ones.
package wire
