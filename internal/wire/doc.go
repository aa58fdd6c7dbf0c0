// Package wire is what controller and agent say to each other: the messages, and
// the frames that carry many conversations over one connection.
//
// # Frames
//
// A frame has a header of 9 bytes (length of the payload, stream, type) and at
// most [MaxPayload] bytes of payload, so that a big file cannot hold up a
// heartbeat. A stream is one conversation: it begins with its kind and carries
// messages in CBOR (RFC 8949), or plain bytes. Each side may have only so much
// of a stream under way as the other has given credit for. Whoever opened the
// connection numbers its streams oddly, the other side evenly.
package wire
