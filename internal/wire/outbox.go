package wire

import (
	"slices"
	"sync"
)

// outbox holds the frames that are to go out, in their order. What fills it is
// bounded: whoever sends data waits until it is written, and there is one ping and
// one pong at most. It is safe for concurrent use.
type outbox struct {
	filled chan struct{} // holds something when there may be a frame to take

	mu      sync.Mutex
	waiting []outgoing
}

// outgoing is a frame on its way.
type outgoing struct {
	typ     frameType
	octets  []byte
	written chan struct{} // closed when it has been
}

func newOutbox() *outbox { return &outbox{filled: make(chan struct{}, 1)} }

// put appends a frame and returns what is closed when it is written.
func (b *outbox) put(f frame) (written <-chan struct{}) {
	o := outgoing{f.typ, appendFrame(make([]byte, 0, headerSize+len(f.payload)), f), make(chan struct{})}
	b.mu.Lock()
	b.waiting = append(b.waiting, o)
	b.mu.Unlock()
	select {
	case b.filled <- struct{}{}:
	default:
	}
	return o.written
}

// beat puts a ping or pong, unless one waits already.
func (b *outbox) beat(typ frameType) {
	b.mu.Lock()
	waits := slices.ContainsFunc(b.waiting, func(o outgoing) bool { return o.typ == typ })
	b.mu.Unlock()
	if !waits {
		b.put(frame{typ: typ})
	}
}

// take removes the first frame.
func (b *outbox) take() (first outgoing, some bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return outgoing{}, false
	}
	first, b.waiting = b.waiting[0], b.waiting[1:]
	return first, true
}
