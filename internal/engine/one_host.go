package engine

import (
	"context"

	"cairn/internal/host"
	"cairn/internal/lab"
)

// onOne has a command change one host. It takes the lab's lock, and first ends what an
// earlier controller left unfinished there.
func (e *Engine) onOne(ctx context.Context, command string, h lab.Host, do func(*host.Session) error) error {
	done, err := e.takeLock(ctx, command)
	if err != nil {
		return err
	}
	defer done()
	f := e.connectAll(ctx, []lab.Host{h})
	defer f.close()
	left := newAbsentHosts()
	if err := e.finishRuns(ctx, f, left); err != nil {
		return err
	}
	if err := left.err([]lab.Host{h}); err != nil {
		return err
	}
	session, err := f.session(ctx, h)
	if err != nil {
		return err
	}
	return do(session)
}
