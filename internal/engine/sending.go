package engine

import (
	"context"
	"fmt"
	"time"

	"cairn/internal/host"
	"cairn/internal/wire"
)

// sendingTold is how often it is told how far the contents of a run are. What takes
// less is not told of.
const sendingTold = time.Second

// stepContents stands for a step in what is told while contents are sent.
const stepContents = "contents"

// start has the host begin the run, and tells how far its contents are where that
// takes a while.
func (e *Engine) start(ctx context.Context, session *host.Session, run wire.Run) error {
	name, last, told := session.Host().Name, e.now(), false
	err := session.Start(ctx, run, func(octets, of int64) {
		if now := e.now(); now.Sub(last) >= sendingTold {
			last, told = now, true
			e.tell(Event{Type: EventSending, Host: name, Step: stepContents, Text: fmt.Sprintf("%d of %d MiB sent", octets>>20, of>>20)})
		}
	})
	if told {
		e.tell(Event{Type: EventSent, Host: name, Step: stepContents})
	}
	return err
}
