package names

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Server is a resolver of the lab: it knows the lab's names and asks others for the
// rest.
type Server struct {
	Domain   string       // of which nobody else is asked
	Listen   []netip.Addr // where it answers
	Upstream []netip.Addr // who is asked for the rest; without any, nobody is
	Records  []Record     // the first name of an address is the one that it leads back to
}

// settings are the same for every resolver (dnsmasq(8)). It listens where it is told,
// even if that address comes later. It reads no file of the host, answers the reverse
// lookups of private addresses itself, and does not take part in a loop of resolvers.
const settings = `bind-dynamic
no-resolv
no-hosts
domain-needed
bogus-priv
dns-loop-detect
cache-size=1000
local-ttl=60
`

// Config is the configuration of dnsmasq. Names below the domain that are not in it do
// not exist. Answers from public resolvers that lead into private networks are dropped:
// they make browsers reach into the lab (DNS rebinding). A resolver in the owner's
// network may give such answers, for names that it knows.
func (s Server) Config() string {
	var b strings.Builder
	b.WriteString(settings)
	for _, a := range s.Listen {
		fmt.Fprintf(&b, "listen-address=%s\n", a)
	}
	for _, a := range s.Upstream {
		fmt.Fprintf(&b, "server=%s\n", a)
	}
	if !slices.ContainsFunc(s.Upstream, netip.Addr.IsPrivate) {
		b.WriteString("stop-dns-rebind\n")
	}
	fmt.Fprintf(&b, "local=/%s/\n", s.Domain)
	for _, r := range s.Records {
		b.WriteString(hostRecord(r) + "\n")
	}
	return b.String()
}
