package host

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/vantage"
	"cairn/internal/wire"
)

// Session is a conversation with the agent of one host. It is safe for
// concurrent use. When the connection breaks, everything on it ends with the
// code host.connection-lost; what runs on the host goes on.
type Session struct {
	host      lab.Host
	port      uint16 // where the login was; 0 for this machine itself
	user      string
	entered   firstLogin // what it took to get in
	hello     wire.Hello
	mux       *wire.Mux
	transport transport
	limits    Limits
}

func newSession(b *bootstrap, hello wire.Hello, conn io.ReadWriteCloser) *Session {
	limits := b.connector.options.Limits
	return &Session{
		host: b.host, user: b.user, entered: b.entered, hello: hello, mux: wire.NewMux(conn, wire.ControllerSide, limits.Heartbeat), transport: b.transport, limits: limits,
	}
}

// Port is where the host was added: the lab's port, or the one that it still has.
func (s *Session) Port() uint16 { return s.port }

// Host is the lab's host.
func (s *Session) Host() lab.Host { return s.host }

// Hello is what the agent said first.
func (s *Session) Hello() wire.Hello { return s.hello }

// LoginUser is who logged in.
func (s *Session) LoginUser() string { return s.user }

// openedBy is the key that opened the host; nil where it was a password.
func (s *Session) openedBy() *identity {
	if login, is := s.transport.(*client); is {
		return login.used
	}
	return nil
}

// RootBy is the program that asked for a password to become root, sudo or su;
// empty when none did.
func (s *Session) RootBy() string { return s.entered.Root }

// AskedPassword reports whether the login took a password.
func (s *Session) AskedPassword() bool { return s.entered.Password }

// RoundTrips is how often the connection waited for the other side, the login
// included.
func (s *Session) RoundTrips() int { return s.transport.roundTrips() }

// Broken reports whether the connection is known to be of no use any more.
func (s *Session) Broken() bool { return s.mux.Err() != nil }

// Close ends the conversation and the connection. An agent that answers has ended
// by then, with what it had open on the host; no other is waited for.
func (s *Session) Close() error {
	leave := s.limits.Leave
	if s.Broken() {
		leave = 0
	}
	cut := time.AfterFunc(leave, func() { _ = s.transport.Close() })
	_ = s.end()
	cut.Stop()
	err := s.transport.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// end ends the conversation and leaves the connection for another.
func (s *Session) end() error { return s.mux.Close() }

// ask makes one request on a stream of its own and reads the reply. An agent whose
// connection is alive, but which does not answer in time, hangs.
func (s *Session) ask(ctx context.Context, kind string, request, reply any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limits.Answer, errNoAnswer)
	defer cancel()
	stream, err := s.open(ctx, kind, request)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	return s.broken(ctx, stream.Receive(ctx, reply))
}

// errNoAnswer ends the wait for an answer.
var errNoAnswer = errors.New("the agent started but says nothing")

// open starts a stream with a request; nil sends none.
func (s *Session) open(ctx context.Context, kind string, request any) (*wire.Stream, error) {
	stream, err := s.mux.Open(ctx, kind)
	if err != nil {
		return nil, s.broken(ctx, err)
	}
	if request != nil {
		if err := stream.Send(ctx, request); err != nil {
			_ = stream.Close()
			return nil, s.broken(ctx, err)
		}
	}
	return stream, nil
}

// broken turns an error of the stream into the owner's: an answer that does not
// come or cannot be read is the agent's fault, everything else the connection's.
func (s *Session) broken(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(context.Cause(ctx), errNoAnswer):
		return problem.Wrap(problem.HostTimeout, s.host.Name, "the host did not answer in time", errNoAnswer).
			WithFix("look on the host for a program that hangs, then run the command again")
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, wire.ErrReset) && s.mux.Err() == nil:
		return problem.Wrap(problem.HostAgentBroken, s.host.Name, "the agent could not do what Cairn asked for", err)
	case errors.Is(err, wire.ErrMessage):
		return problem.Wrap(problem.HostAgentBroken, s.host.Name, "Cairn does not understand the agent's answer", err)
	case errors.Is(err, io.EOF) && s.mux.Err() == nil:
		return problem.Wrap(problem.HostAgentBroken, s.host.Name, "the agent gave no answer", err)
	}
	return problem.Wrap(problem.HostConnection, s.host.Name, "the connection to the host broke", err)
}

// failed is an agent's failure as the owner's problem.
func (s *Session) failed(f *wire.Failure) error {
	if f == nil {
		return nil
	}
	p := problem.New(problem.Code(f.Code), s.host.Name, f.Summary)
	p.Fix = f.Fix
	if f.Cause != "" {
		p.Cause = errors.New(f.Cause)
	}
	return p
}

// Facts reads the host's facts again.
func (s *Session) Facts(ctx context.Context) (wire.Facts, error) {
	var facts wire.Facts
	return facts, s.ask(ctx, wire.KindFacts, nil, &facts)
}

// Check compares resources with the host, in one request, and answers in order.
func (s *Session) Check(ctx context.Context, specs []resource.Spec) ([]wire.Checked, error) {
	reply, err := s.check(ctx, wire.CheckRequest{Resources: specs})
	return reply.Results, err
}

// Survey does what Check does, and in the same request tells who can get in today
// and what can be reached.
func (s *Session) Survey(ctx context.Context, specs []resource.Spec) ([]wire.Checked, wire.Survey, error) {
	reply, err := s.check(ctx, wire.CheckRequest{Resources: specs, Survey: true})
	if err != nil {
		return nil, wire.Survey{}, err
	}
	if reply.Survey == nil {
		return nil, wire.Survey{}, problem.New(problem.HostAgentBroken, s.host.Name, "the agent did not report who can log in")
	}
	return reply.Results, *reply.Survey, nil
}

func (s *Session) check(ctx context.Context, request wire.CheckRequest) (wire.CheckReply, error) {
	var reply wire.CheckReply
	var err error
	if request.Resources, err = resource.FitForCheck(request.Resources, inlineAtMost); err != nil {
		return wire.CheckReply{}, err
	}
	if err := s.ask(ctx, wire.KindCheck, request, &reply); err != nil {
		return wire.CheckReply{}, err
	}
	if len(reply.Results) != len(request.Resources) {
		return wire.CheckReply{}, problem.New(problem.HostAgentBroken, s.host.Name, "the agent did not answer for all resources")
	}
	return reply, nil
}

// Attach calls each for the events of a run after a number, until the run's last.
func (s *Session) Attach(ctx context.Context, run string, after uint64, each func(wire.Event) error) error {
	stream, err := s.open(ctx, wire.KindAttach, wire.AttachRequest{Run: run, After: after})
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	for {
		var event wire.Event
		err := stream.Receive(ctx, &event)
		if errors.Is(err, io.EOF) && s.mux.Err() == nil {
			return nil
		}
		if err != nil {
			return s.broken(ctx, err)
		}
		if err := each(event); err != nil || event.Type.Final() {
			return err
		}
	}
}

// Proceed tells a prepared guard that the trial login worked.
func (s *Session) Proceed(ctx context.Context, run, guard string) error {
	return s.command(ctx, wire.KindSignal, wire.GuardSignal{Run: run, Guard: guard, Signal: wire.SignalProceed})
}

// Confirm tells a guard, with its nonce, that the owner got in after the change.
func (s *Session) Confirm(ctx context.Context, run, guard, nonce string) error {
	return s.command(ctx, wire.KindSignal, wire.GuardSignal{Run: run, Guard: guard, Signal: wire.SignalConfirm, Nonce: nonce})
}

// Abort tells a guard to give the change up.
func (s *Session) Abort(ctx context.Context, run, guard, reason string) error {
	return s.command(ctx, wire.KindSignal, wire.GuardSignal{Run: run, Guard: guard, Signal: wire.SignalAbort, Reason: reason})
}

// Purge removes the agent and its records from the host.
func (s *Session) Purge(ctx context.Context) error { return s.command(ctx, wire.KindPurge, nil) }

func (s *Session) command(ctx context.Context, kind string, request any) error {
	var done wire.Done
	if err := s.ask(ctx, kind, request, &done); err != nil {
		return err
	}
	return s.failed(done.Failure)
}

// TrialDial connects to an SSH server on the host that runs on a guard's staged
// configuration.
func (s *Session) TrialDial(ctx context.Context, run, guard string) (net.Conn, error) {
	return s.bridge(ctx, wire.KindTrial, wire.TrialLogin{Run: run, Guard: guard})
}

// Dial makes a connection that starts at the host.
func (s *Session) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	request := wire.DialRequest{Network: network, Address: address, Timeout: s.limits.Dial}
	if deadline, bounded := ctx.Deadline(); bounded {
		request.Timeout = min(request.Timeout, time.Until(deadline))
	}
	return s.bridge(ctx, wire.KindDial, request)
}

// bridge opens a stream whose bytes are a connection's once it is made.
func (s *Session) bridge(ctx context.Context, kind string, request any) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limits.Answer, errNoAnswer)
	defer cancel()
	stream, err := s.open(ctx, kind, request)
	if err != nil {
		return nil, err
	}
	var done wire.Done
	err = s.broken(ctx, stream.Receive(ctx, &done))
	if err == nil {
		err = s.failed(done.Failure)
	}
	if err != nil {
		_ = stream.Close()
		return nil, err
	}
	return newStreamConn(stream), nil
}

// Scan tries TCP ports from the host. How far it is goes to whom ctx has for it.
func (s *Session) Scan(ctx context.Context, request wire.ScanRequest) (wire.ScanReply, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limits.Answer, errNoAnswer)
	defer cancel()
	stream, err := s.open(ctx, wire.KindScan, request)
	if err != nil {
		return wire.ScanReply{}, err
	}
	defer func() { _ = stream.Close() }()
	for tell := vantage.Told(ctx); ; {
		var news wire.ScanNews
		if err := stream.Receive(ctx, &news); err != nil {
			return wire.ScanReply{}, s.broken(ctx, err)
		}
		if news.Reply != nil {
			return *news.Reply, nil
		}
		tell(news.Percent)
	}
}

// Datagram sends a datagram from the host.
func (s *Session) Datagram(ctx context.Context, request wire.DatagramRequest) (wire.DatagramReply, error) {
	var reply wire.DatagramReply
	if err := s.ask(ctx, wire.KindDatagram, request, &reply); err != nil {
		return reply, err
	}
	return reply, s.failed(reply.Failure)
}

// Read runs one of the agent's read-only commands.
func (s *Session) Read(ctx context.Context, command wire.ReadCommand) (wire.ReadReply, error) {
	var reply wire.ReadReply
	return reply, s.ask(ctx, wire.KindRead, command, &reply)
}

// told is Read for a command whose failure is the caller's.
func (s *Session) told(ctx context.Context, name string, args ...string) (wire.ReadReply, error) {
	reply, err := s.Read(ctx, wire.ReadCommand{Name: name, Args: args})
	if err == nil {
		err = s.failed(reply.Failure)
	}
	return reply, err
}

// ServiceImages returns the digests of the images that a service runs, by the names of
// the images. An image that came from no registry has none.
func (s *Session) ServiceImages(ctx context.Context, service string) (map[string]string, error) {
	reply, err := s.told(ctx, wire.ReadServiceImages, service)
	if err != nil || reply.Exit != 0 {
		return nil, err
	}
	digests := map[string]string{}
	for line := range strings.Lines(string(reply.Output)) {
		if words := strings.Fields(line); len(words) == 2 && digests[words[0]] == "" {
			digests[words[0]] = words[1]
		}
	}
	return digests, nil
}

// RegistryDigest returns which image a name means at its registry now, as the host is
// told. The error is a problem that says why the registry does not tell.
func (s *Session) RegistryDigest(ctx context.Context, image string) (string, error) {
	reply, err := s.told(ctx, wire.ReadRegistryDigest, image)
	return string(reply.Output), err
}

// ServiceLog reads what the containers of a service said.
func (s *Session) ServiceLog(ctx context.Context, r resource.LogRequest) (log resource.ServiceLog, err error) {
	since := ""
	if !r.Since.IsZero() {
		since = r.Since.UTC().Format(time.RFC3339Nano)
	}
	reply, err := s.told(ctx, wire.ReadServiceLog, r.Service, r.Container, strconv.Itoa(r.Lines), since)
	if err != nil {
		return log, err
	}
	return log, wire.Decode(reply.Output, &log)
}

// Listen opens a test listener on the host, which lasts until stop is called or
// the session ends. stop returns an error when the listener had ended before.
func (s *Session) Listen(ctx context.Context, request wire.ListenRequest) (reply wire.ListenReply, stop func() error, err error) {
	stream, err := s.open(ctx, wire.KindListen, request)
	if err != nil {
		return reply, nil, err
	}
	answer, cancel := context.WithTimeoutCause(ctx, s.limits.Answer, errNoAnswer)
	defer cancel()
	if err := s.broken(answer, stream.Receive(answer, &reply)); err != nil {
		_ = stream.Close()
		return reply, nil, err
	}
	return reply, func() error {
		lost := s.broken(ctx, s.mux.Err())
		// The agent takes the listener away, and then ends the stream.
		_ = stream.CloseWrite()
		answer, cancel := context.WithTimeout(ctx, s.limits.Answer)
		defer cancel()
		_, _ = stream.ReadContext(answer, make([]byte, 1))
		_ = stream.Close()
		return lost
	}, nil
}
