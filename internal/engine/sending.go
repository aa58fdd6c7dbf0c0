package engine

import (
	"context"
	"fmt"
	"time"

	"cairn/internal/host"
	"cairn/internal/wire"
)

// sendingTold is how often the progress of contents is reported. Shorter transfers
// are not reported.
const sendingTold = time.Second

// stepContents stands for a step in the progress of contents.
const stepContents = "contents"

// start has the host begin the run. It reports the progress of the contents if
// sending takes a while.
func (e *Engine) start(ctx context.Context, session *host.Session, run wire.Run) error {
	name, last, told := session.Host().Name, e.now(), false
	err := session.Start(ctx, run, func(bytes, of int64) {
		if now := e.now(); now.Sub(last) >= sendingTold {
			last, told = now, true
			e.tell(Event{Type: EventSending, Host: name, Step: stepContents, Text: fmt.Sprintf("%d of %d MiB sent", bytes>>20, of>>20)})
		}
	})
	if told {
		e.tell(Event{Type: EventSent, Host: name, Step: stepContents})
	}
	return err
}
