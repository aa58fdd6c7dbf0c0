package host

import (
	"context"
	"errors"
	"slices"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/sshdconf"
)

// connectAnyPort logs in where the host answers: at a port that is known to have
// worked, at the lab's, or at SSH's own. A host whose port was changed in the lab
// is met where it still is. That it is the same host the pinned key says; a server
// with another one is passed over as long as there is a port left to try.
func (c *Connector) connectAnyPort(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	ports := c.portsOf(h, how)
	var endpoints []string
	for _, port := range ports {
		endpoints = append(endpoints, endpointOf(h, port))
	}
	ctx, end := diallingAhead(ctx, endpoints)
	defer end()
	var first error
	for _, port := range ports {
		at := h
		at.Port = port
		session, err := c.connect(ctx, at, how)
		if err == nil {
			session.host, session.port = h, port
			return session, c.ports.worked(h.Name, port)
		}
		if first == nil || port == h.Port {
			first = err // what is wrong where the host should be is what to mend
		}
		if ctx.Err() != nil || !elsewhere(h, err) {
			return nil, err
		}
	}
	return nil, first
}

// elsewhere reports errors that leave it open whether the host answers at another
// port: nobody is there, or another server. A host on the way is none of that.
func elsewhere(h lab.Host, err error) bool {
	if p := problem.Of(err); p == nil || p.Where != "" && p.Where != h.Name {
		return false
	}
	return slices.Contains([]problem.Code{problem.HostUnreachable, problem.HostKeyChanged}, problem.CodeOf(err)) && !errors.Is(err, context.Canceled)
}

// portsOf are the ports to try for a host, in order, none twice.
func (c *Connector) portsOf(h lab.Host, how Login) []uint16 {
	if how.Port != 0 {
		return []uint16{how.Port}
	}
	ports := append(c.ports.of(h.Name), h.Port, sshdconf.DefaultPort)
	var once []uint16
	for _, port := range ports {
		if !slices.Contains(once, port) {
			once = append(once, port)
		}
	}
	return once
}
