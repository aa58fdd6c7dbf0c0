package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"cairn/internal/evidence"
	"cairn/internal/wire"
)

// openPortAnswers reaches a port that is open to the vantage. As a twin it shows
// that the vantage can reach the host at all.
func openPortAnswers(ctx context.Context, from Vantage, target Target) Finding {
	ports := openPorts(target, "tcp", target.Host.At())
	if len(ports) == 0 {
		return blind("the lab opens no TCP port to " + from.Name() + ", so no port has to answer")
	}
	port := ports[0]
	expected := fields("port", port, "answer", "a connection")
	stop, err := fillPort(ctx, target, port)
	if err != nil {
		return blind(err.Error())
	}
	defer func() { _ = stop() }()
	conn, err := dialBriefly(ctx, from, "tcp", netip.AddrPortFrom(target.Host.At(), port).String())
	if err != nil {
		return judged(expected, fields("port", port, "answer", err), fmt.Sprintf("port %d is declared open but does not answer", port)+alsoFiltered(ctx, target))
	}
	defer func() { _ = conn.Close() }()
	return judged(expected, fields("port", port, "answer", "a connection"))
}

// fillPort opens a test listener on a port where no service listens. If a
// service listens there, it needs none.
func fillPort(ctx context.Context, target Target, port uint16) (stop func() error, err error) {
	reply, stop, err := target.Inside.Listen(ctx, wire.ListenRequest{Network: "tcp" + suffixOf(target.Host.At()), Port: port, Nonce: target.Nonce})
	if err != nil {
		return nil, err
	}
	if reply.Failure != nil {
		return func() error { return nil }, nil
	}
	return stop, nil
}

// closedPortIsSilent opens a test listener on a port that is not open, and expects
// the vantage not to reach it, on either address family.
func closedPortIsSilent(ctx context.Context, from Vantage, target Target) Finding {
	return denied(ctx, from, target, wire.ListenRequest{})
}

// publishedPortIsSilent is [closedPortIsSilent] for a port that is published as a
// container runtime does it: by destination NAT, past the input chain.
func publishedPortIsSilent(ctx context.Context, from Vantage, target Target) Finding {
	return denied(ctx, from, target, wire.ListenRequest{Forwarded: true})
}

// denied expects a test listener of a kind not to be reached.
func denied(ctx context.Context, from Vantage, target Target, kind wire.ListenRequest) Finding {
	var expected, observed []evidence.Field
	var wrong []string
	for _, family := range families(target) {
		kind.Network, kind.Nonce = "tcp"+family.suffix, target.Nonce
		listener, stop, err := target.Inside.Listen(ctx, kind)
		if err != nil || listener.Failure != nil {
			return blind("cannot open a test listener on the host: " + listenerError(err, listener))
		}
		if listener.Impossible != "" {
			expected = append(expected, evidence.Field{Name: "tcp" + family.suffix, Value: "unreachable"})
			observed = append(observed, evidence.Field{Name: "tcp" + family.suffix, Value: listener.Impossible})
			_ = stop()
			continue
		}
		address := netip.AddrPortFrom(family.address, listener.Port).String()
		answer := askListener(ctx, from, address)
		if err := stop(); err != nil {
			return blind("the test listener did not last: " + err.Error())
		}
		name := "tcp" + family.suffix + " port " + fmt.Sprint(listener.Port)
		expected = append(expected, evidence.Field{Name: name, Value: "unreachable"})
		observed = append(observed, evidence.Field{Name: name, Value: answer})
		if strings.Contains(answer, target.Nonce) || answer == connected {
			wrong = append(wrong, name+" is reachable although lab.yaml does not declare it")
		}
	}
	return judged(expected, observed, wrong...)
}

type family struct {
	suffix  string
	address netip.Addr
}

func families(target Target) []family {
	var all []family
	for _, address := range target.Host.Addresses() {
		all = append(all, family{suffixOf(address), address})
	}
	return all
}

// suffixOf returns the ending of network names ("tcp4") for an address's
// family.
func suffixOf(address netip.Addr) string {
	if address.Is4() {
		return "4"
	}
	return "6"
}

const connected = "a connection without an answer"

// askListener returns what came back from the address: the listener's nonce, a
// connection without an answer, or why there was none.
func askListener(ctx context.Context, from Vantage, address string) string {
	conn, err := dialBriefly(ctx, from, "tcp", address)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return "no answer in " + silence.String()
	}
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	answer, err := readBanner(ctx, conn)
	if err != nil {
		return connected
	}
	return answer
}

// udpIsFiltered sends datagrams to a UDP port that is not open, and expects no
// answer. It also sends them to declared ports where nothing listens yet, and
// expects the test listener's answer.
func udpIsFiltered(ctx context.Context, from Vantage, target Target) Finding {
	var expected, observed []evidence.Field
	var wrong []string
	ask := func(port uint16, open bool) *Finding {
		listener, stop, err := target.Inside.Listen(ctx, wire.ListenRequest{Network: "udp" + suffixOf(target.Host.At()), Port: port, Nonce: target.Nonce})
		if err != nil || listener.Failure != nil {
			if open {
				return nil // a service has the port, and its own checkpoint
			}
			f := blind("cannot open a test listener on the host: " + listenerError(err, listener))
			return &f
		}
		defer func() { _ = stop() }()
		address := netip.AddrPortFrom(target.Host.At(), listener.Port).String()
		reply, err := from.Datagram(ctx, wire.DatagramRequest{Address: address, Payload: []byte(target.Nonce), Timeout: silence})
		if err != nil {
			f := blind(err.Error())
			return &f
		}
		answered := strings.Contains(string(reply.Payload), target.Nonce)
		name := fmt.Sprintf("udp port %d", listener.Port)
		expected = append(expected, evidence.Field{Name: name, Value: answerWord(open)})
		observed = append(observed, evidence.Field{Name: name, Value: answerWord(answered)})
		if answered != open {
			wrong = append(wrong, fmt.Sprintf("%s: %s instead of %s", name, answerWord(answered), answerWord(open)))
		}
		return nil
	}
	if f := ask(0, false); f != nil {
		return *f
	}
	for _, port := range openPorts(target, "udp", target.Host.At()) {
		if f := ask(port, true); f != nil {
			return *f
		}
	}
	return judged(expected, observed, wrong...)
}

func answerWord(answered bool) string {
	if answered {
		return "an answer"
	}
	return "silence"
}

func listenerError(err error, reply wire.ListenReply) string {
	if err != nil {
		return err.Error()
	}
	if reply.Failure.Cause != "" {
		return reply.Failure.Summary + ": " + reply.Failure.Cause
	}
	return reply.Failure.Summary
}
