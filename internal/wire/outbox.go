package wire

import (
	"slices"
	"sync"
)

// outbox queues the frames to be sent, in order. Its size is bounded: a sender of
// data waits until its frame is written, and at most one ping and one pong are
// queued. It is safe for concurrent use.
type outbox struct {
	filled chan struct{} // has an entry when there may be a frame to take

	mu      sync.Mutex
	waiting []queuedFrame
}

// queuedFrame is a frame that waits to be sent.
type queuedFrame struct {
	typ     frameType
	bytes   []byte
	written chan struct{} // closed once the frame is written
}

func newOutbox() *outbox { return &outbox{filled: make(chan struct{}, 1)} }

// put appends a frame and returns a channel that is closed when the frame is
// written.
func (b *outbox) put(f frame) (written <-chan struct{}) {
	o := queuedFrame{f.typ, appendFrame(make([]byte, 0, headerSize+len(f.payload)), f), make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, o)
	b.mu.Unlock()
	select {
	case b.filled <- struct{}{}:
	default:
	}
	return o.written
}

// beat queues a ping or pong, unless one is queued already.
func (b *outbox) beat(typ frameType) {
	b.mu.Lock()
	waits := slices.ContainsFunc(b.waiting, func(o queuedFrame) bool { return o.typ == typ })
	b.mu.Unlock()
	if !waits {
		b.put(frame{typ: typ})
	}
}

// take removes and returns the first frame, and reports whether there was one.
func (b *outbox) take() (first queuedFrame, some bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return queuedFrame{}, false
	}
	first, b.waiting = b.waiting[0], b.waiting[1:]
	return first, true
}
