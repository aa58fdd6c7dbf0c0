package agent

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"cairn/internal/wire"
)

// Look answers one session that only looks at the network, which needs no root.
// First it removes the program's own file, and its directory if nothing else is in
// it. So nothing stays, whatever happens to the connection. There is no state
// directory.
func (a *Agent) Look(ctx context.Context, conn io.ReadWriteCloser, nonce string, login Login, beat wire.Heartbeat) error {
	sum, err := a.Sum()
	if err != nil {
		return err
	}
	if err := errors.Join(os.Remove(a.Program), os.Remove(filepath.Dir(a.Program))); err != nil {
		return err
	}
	s := &session{Agent: a, login: login}
	hello := wire.Hello{Protocol: wire.Protocol, Agent: sum, Facts: a.facts(ctx, login)}
	return s.serve(ctx, conn, nonce, hello, s.lookers(), beat)
}

// lookers are the requests that a looking session answers.
func (s *session) lookers() map[string]handler {
	return map[string]handler{
		wire.KindFacts: func(ctx context.Context, st *wire.Stream) error { return st.Send(ctx, s.facts(ctx, s.login)) },
		wire.KindScan:  scan, wire.KindDatagram: replying(datagram), wire.KindDial: dial,
	}
}
