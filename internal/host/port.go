package host

import (
	"context"
	"errors"
	"slices"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/sshdconf"
)

// connectAnyPort logs in where the host answers. It tries the ports that worked
// before, then the lab's port, then SSH's own. So a host whose port was changed in
// the lab is found at its old port. The pinned key proves that it is the same host.
// A server with another key is skipped while there are ports left to try.
func (c *Connector) connectAnyPort(ctx context.Context, h lab.Host, how Login) (*Session, error) {
	ports := c.portsOf(h, how)
	var endpoints []string
	for _, port := range ports {
		endpoints = append(endpoints, endpointOf(h, port))
	}
	ctx, end := withDialAhead(ctx, endpoints)
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
			first = err // the error at the lab's port is the one to fix
		}
		if ctx.Err() != nil || !elsewhere(h, err) {
			return nil, err
		}
	}
	return nil, first
}

// elsewhere reports errors after which the host may still answer at another port:
// nobody answered, or another server did. An error of a jump host is neither.
func elsewhere(h lab.Host, err error) bool {
	if p := problem.Of(err); p == nil || p.Where != "" && p.Where != h.Name {
		return false
	}
	return slices.Contains([]problem.Code{problem.HostUnreachable, problem.HostKeyChanged}, problem.CodeOf(err)) && !errors.Is(err, context.Canceled)
}

// portsOf returns the ports to try for a host, in order and without duplicates.
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
