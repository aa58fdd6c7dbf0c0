package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// askings is how often a resolver is asked over UDP, of which any packet may be lost.
const askings = 3

// nameResolves asks a resolver for every name that it must know, over UDP, and for the
// first one over TCP as well, which clients use for long answers.
func nameResolves(ctx context.Context, from Vantage, target Target, about evidence.NameArguments) Finding {
	r := resolver{from, netip.AddrPortFrom(about.Address, about.Port)}
	var expected, observed []evidence.Field
	var wrong []string
	for i, name := range about.Names {
		for _, transport := range []string{"udp", "tcp"} {
			if transport == "tcp" && i > 0 {
				continue
			}
			field := transport + " " + name.Name
			expected = append(expected, fields(field, words(name.Addresses))...)
			got, err := r.addresses(ctx, transport, name.Name)
			if err != nil {
				return r.silent(target, expected, observed, err)
			}
			observed = append(observed, fields(field, got)...)
			if why := got.differs(name.Addresses); why != "" {
				wrong = append(wrong, fmt.Sprintf("%s says over %s that %s %s", about.Address, strings.ToUpper(transport), name.Name, why))
			}
		}
	}
	return withRemedy(target, judged(expected, observed, wrong...))
}

// nameUnknownRefused asks a resolver for a name below the lab's domain that nobody has.
// One that leads every name to the same address would look right to nameResolves. A
// resolver of the owner's may lead all names below the domain to the lab's hosts, as many
// do with one entry: their reverse proxies answer unknown names.
func nameUnknownRefused(ctx context.Context, from Vantage, target Target, about evidence.NameArguments) Finding {
	r := resolver{from, netip.AddrPortFrom(about.Address, about.Port)}
	nobody := strings.ToLower(target.Nonce) + "." + about.Domain
	expected := fields(nobody, "does not exist")
	got, err := r.addresses(ctx, "udp", nobody)
	if err != nil {
		return r.silent(target, expected, nil, err)
	}
	observed := fields(nobody, got)
	if got.code != dnsmessage.RCodeNameError && !wildcard(target, about, got) {
		return withRemedy(target, judged(expected, observed, fmt.Sprintf("%s is asked for a name that nobody has, and says that it %s", about.Address, got)))
	}
	return judged(expected, observed)
}

// wildcard reports whether an answer is from an owner's entry for all names of the
// domain, which leads to hosts of the lab alone.
func wildcard(target Target, about evidence.NameArguments, got answer) bool {
	var all []netip.Addr
	for _, r := range about.Names {
		all = append(all, r.Addresses...)
	}
	return target.Lab.Choose["names"] == lab.OwnResolver && got.differs(all) == ""
}

// resolver is a resolver as it is seen from a vantage.
type resolver struct {
	from Vantage
	at   netip.AddrPort
}

// silent is the finding where a resolver did not answer. That is a refutation, since
// it should answer everybody in the lab.
func (r resolver) silent(target Target, expected, observed []evidence.Field, err error) Finding {
	if errors.Is(err, errNobodyAsked) {
		return blind(err.Error())
	}
	return withRemedy(target, judged(expected, append(observed, fields(r.at, "no answer: "+err.Error())...), fmt.Sprintf("no resolver answers at %s: %s", r.at, err)))
}

// withRemedy says what the owner of a resolver can do about a refutation. Cairn puts its
// own in order by itself.
func withRemedy(target Target, f Finding) Finding {
	if f.Outcome == evidence.Refuted && target.Lab.Choose["names"] == lab.OwnResolver {
		f.Remedy = "enter the names there: `cairn names --for PRODUCT` writes them. Or write `names: dnsmasq` under `choose` in lab.yaml"
	}
	return f
}

// answer is what a resolver says of a name.
type answer struct {
	code      dnsmessage.RCode
	addresses []netip.Addr
}

// String says it in words.
func (a answer) String() string {
	switch {
	case a.code == dnsmessage.RCodeNameError:
		return "does not exist"
	case a.code != dnsmessage.RCodeSuccess:
		return "is not answered (" + a.code.String() + ")"
	case len(a.addresses) == 0:
		return "has no address"
	}
	return "leads to " + words(a.addresses)
}

// words are addresses in their order.
func words(all []netip.Addr) string {
	sorted := slices.SortedFunc(slices.Values(all), netip.Addr.Compare)
	return strings.Trim(fmt.Sprint(sorted), "[]")
}

// differs says what is wrong with an answer, or "". A resolver need not know all
// addresses of a name, but it must not know others.
func (a answer) differs(want []netip.Addr) string {
	foreign := func(got netip.Addr) bool { return !slices.Contains(want, got) }
	if a.code != dnsmessage.RCodeSuccess || len(a.addresses) == 0 || slices.ContainsFunc(a.addresses, foreign) {
		return a.String() + " instead of " + words(want)
	}
	return ""
}

// addresses asks for the addresses of a name of both families.
func (r resolver) addresses(ctx context.Context, transport, name string) (answer, error) {
	var all answer
	for _, kind := range []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA} {
		got, err := r.ask(ctx, transport, name, kind)
		if err != nil {
			return all, err
		}
		all.code, all.addresses = got.code, append(all.addresses, got.addresses...)
		if got.code != dnsmessage.RCodeSuccess {
			break
		}
	}
	return all, nil
}

// ask sends one question and reads the answer.
func (r resolver) ask(ctx context.Context, transport, name string, kind dnsmessage.Type) (answer, error) {
	whole, err := dnsmessage.NewName(name + ".")
	if err != nil {
		return answer{}, err
	}
	asked := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: uint16(rand.Uint32()), RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: whole, Type: kind, Class: dnsmessage.ClassINET}},
	}
	query, err := asked.Pack()
	if err != nil {
		return answer{}, err
	}
	send := r.overUDP
	if transport == "tcp" {
		send = r.overTCP
	}
	reply, err := send(ctx, query)
	if err != nil {
		return answer{}, err
	}
	return parseAnswer(asked, reply)
}

// errNobodyAsked means that no question could be sent, so that nothing is known.
var errNobodyAsked = errors.New("the resolver could not be asked")

// overUDP sends a question again if its answer does not come.
func (r resolver) overUDP(ctx context.Context, query []byte) ([]byte, error) {
	for range askings {
		reply, err := r.from.Datagram(ctx, wire.DatagramRequest{Address: r.at.String(), Payload: query, Timeout: silence})
		if err == nil && reply.Failure != nil {
			err = errors.New(reply.Failure.Summary)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNobodyAsked, err)
		}
		if len(reply.Payload) > 0 {
			return reply.Payload, nil
		}
	}
	return nil, fmt.Errorf("no answer to %d questions", askings)
}

// overTCP sends a question with its length before it (RFC 1035, 4.2.2).
func (r resolver) overTCP(ctx context.Context, query []byte) ([]byte, error) {
	conn, err := dialBriefly(ctx, r.from, "tcp", r.at.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	reply := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err = io.ReadFull(conn, reply)
	return reply, err
}

// parseAnswer reads the answer to a question.
func parseAnswer(asked dnsmessage.Message, reply []byte) (answer, error) {
	var m dnsmessage.Message
	if err := m.Unpack(reply); err != nil {
		return answer{}, fmt.Errorf("the answer cannot be read: %w", err)
	}
	if !m.Response || m.ID != asked.ID || !slices.Equal(m.Questions, asked.Questions) {
		return answer{}, errors.New("the answer is to another question")
	}
	a := answer{code: m.RCode}
	for _, record := range m.Answers {
		switch body := record.Body.(type) {
		case *dnsmessage.AResource:
			a.addresses = append(a.addresses, netip.AddrFrom4(body.A))
		case *dnsmessage.AAAAResource:
			a.addresses = append(a.addresses, netip.AddrFrom16(body.AAAA))
		}
	}
	return a, nil
}
