package agent

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"

	"cairn/internal/wire"
)

// Login says who is at the other end, as far as the bootstrap knows.
type Login struct {
	User  string // who logged in, before sudo
	Peer  string // from which address
	Local string // to which address of the host
	Port  uint16 // and port; 0 where it is not known
}

// NewLogin parses sshd's description of a connection, as in SSH_CONNECTION
// (ssh(1)): the client's address and port, then the server's.
func NewLogin(user, connection string) Login {
	login := Login{User: user}
	words := strings.Fields(connection)
	if len(words) > 0 {
		login.Peer = words[0]
	}
	if len(words) == 4 {
		port, _ := strconv.ParseUint(words[3], 10, 16)
		login.Local, login.Port = words[2], uint16(port)
	}
	return login
}

// Serve answers one session on conn until the other side ends it. The hello
// contains the nonce. By that the controller finds the hello in what a shell
// prints.
func (a *Agent) Serve(ctx context.Context, conn io.ReadWriteCloser, nonce string, login Login, beat wire.Heartbeat) error {
	a.removeLeftovers(ctx)
	// Leftover contents are no reason to refuse a session. It may have come to fix
	// what keeps them from being erased.
	_ = a.eraseLeftovers(ctx)
	hello, err := a.hello(ctx, login)
	if err != nil {
		return err
	}
	s := &session{Agent: a, login: login}
	return s.serve(ctx, conn, nonce, hello, s.handlers(), beat)
}

// handler serves one stream.
type handler func(context.Context, *wire.Stream) error

// serve sends the hello, then answers each stream with the handler of its kind.
func (s *session) serve(ctx context.Context, conn io.ReadWriteCloser, nonce string, hello wire.Hello, handlers map[string]handler, beat wire.Heartbeat) error {
	if err := wire.WriteHello(conn, nonce, hello); err != nil {
		return err
	}
	mux := wire.NewMux(conn, wire.AgentSide, beat)
	ctx, cancel := context.WithCancel(ctx)
	for {
		stream, err := mux.Accept(ctx)
		if err != nil {
			// Remove listeners and connections before the process ends.
			cancel()
			_ = mux.Close()
			s.answering.Wait()
			return unlessOver(err)
		}
		s.answering.Go(func() { answerBy(ctx, handlers, stream) })
	}
}

// unlessOver drops the errors of an ordinary end: the controller ended the
// session.
func unlessOver(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, wire.ErrClosed) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// hello says who the agent is and what it knows.
func (a *Agent) hello(ctx context.Context, login Login) (wire.Hello, error) {
	sum, err := a.Sum()
	if err != nil {
		return wire.Hello{}, err
	}
	epoch, err := a.epoch()
	if err != nil {
		return wire.Hello{}, err
	}
	runs, err := a.runs()
	return wire.Hello{Protocol: wire.Protocol, Agent: sum, Facts: a.facts(ctx, login), Runs: runs, Epoch: epoch}, err
}

// session is one session of a controller.
type session struct {
	*Agent
	login     Login
	answering sync.WaitGroup
}

// answerBy serves one stream to its end.
func answerBy(ctx context.Context, handlers map[string]handler, stream *wire.Stream) {
	defer func() { _ = stream.Close() }()
	serve, known := handlers[stream.Kind()]
	if !known {
		_ = stream.GiveUp("a session of this kind does not " + stream.Kind())
		return
	}
	if err := serve(ctx, stream); err != nil {
		_ = stream.GiveUp(err.Error())
		return
	}
	_ = stream.CloseWrite()
	// The other side reads to the end before it gives up the stream.
	_, _ = io.Copy(io.Discard, stream)
}

func (s *session) handlers() map[string]handler {
	return map[string]handler{
		wire.KindFacts: func(ctx context.Context, st *wire.Stream) error { return st.Send(ctx, s.facts(ctx, s.login)) },
		wire.KindCheck: replying(s.check), wire.KindSignal: replying(s.signal),
		wire.KindScan: scan, wire.KindDatagram: replying(datagram), wire.KindRead: replying(s.read),
		wire.KindStart: s.start, wire.KindAttach: s.attach, wire.KindDial: dial, wire.KindListen: s.listen, wire.KindTrial: s.trial,
		wire.KindPurge: func(ctx context.Context, st *wire.Stream) error { return st.Send(ctx, s.purge(ctx)) },
	}
}

// replying turns a function from a request to a reply into a handler.
func replying[Request, Reply any](answer func(context.Context, Request) Reply) handler {
	return func(ctx context.Context, stream *wire.Stream) error {
		var request Request
		if err := stream.Receive(ctx, &request); err != nil {
			return err
		}
		return stream.Send(ctx, answer(ctx, request))
	}
}
