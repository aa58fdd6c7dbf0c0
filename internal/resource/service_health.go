package resource

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"cairn/internal/system"
)

// How long a new release may take until it works, and how often it is asked. A
// container that is asked nothing has to run for a while.
const (
	worksWithin = 180 // seconds
	askEvery    = 500 * time.Millisecond
	steadyFor   = 3 * time.Second
	// restartsTooOften is how often a container may end before it counts as broken.
	restartsTooOften = 3
)

// waitUntilWorks waits until all containers run, are healthy and answer.
func (s Service) waitUntilWorks(ctx context.Context, sys *system.System) error {
	limit := time.Duration(cmp.Or(s.Within, worksWithin)) * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTooSlow)
	defer cancel()
	deadline, _ := ctx.Deadline()
	var reason error
	for {
		have, err := s.look(ctx, sys)
		if err == nil {
			err = s.works(ctx, have)
		}
		if reason == nil || time.Now().Before(deadline) {
			reason = err // a question that the limit cut off says nothing
		}
		var broken brokenContainer
		if err == nil || errors.As(err, &broken) {
			return err
		}
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errTooSlow) {
				return fmt.Errorf("not within %s: %w", limit, reason)
			}
			return ctx.Err()
		case <-time.After(askEvery):
		}
	}
}

var errTooSlow = errors.New("it takes too long")

// brokenContainer is one for which waiting is of no use.
type brokenContainer string

// Error implements error.
func (b brokenContainer) Error() string { return string(b) }

// works returns why the service does not work yet, or nil.
func (s Service) works(ctx context.Context, have dockerState) error {
	for _, c := range s.Containers {
		there, found := have.container(ServiceContainer(s.Name, c.Name))
		if !found {
			return fmt.Errorf("there is no container %s", c.Name)
		}
		if err := there.works(c, s.asks(c.Name)); err != nil {
			return err
		}
	}
	names, err := s.uncertified(ctx, have)
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("the container %s has got no certificate for %s", s.Certificates.Container, strings.Join(names, ", "))
	}
	if err != nil {
		return err
	}
	return s.unanswered(ctx, have)
}

// asks reports whether a container has a path to ask.
func (s Service) asks(container string) bool {
	return slices.ContainsFunc(s.Health, func(h HealthCheck) bool { return h.Container == container })
}

func (c dockerContainer) works(wanted Container, asked bool) error {
	name := wanted.Name
	switch health := c.State.Health.Status; {
	case wanted.Once && c.State.Status == "exited" && c.State.ExitCode == 0:
		return nil
	case wanted.Once && c.State.Status == "exited":
		return brokenContainer(fmt.Sprintf("the step %s ended with exit code %d", name, c.State.ExitCode))
	case wanted.Once:
		return fmt.Errorf("the step %s is %s", name, c.State.Status)
	case c.RestartCount >= restartsTooOften && c.State.Status == "running":
		// How it ended the last time is known once it has ended again.
		return fmt.Errorf("the container %s was started %d times", name, c.RestartCount+1)
	case c.RestartCount >= restartsTooOften:
		return brokenContainer(fmt.Sprintf("the container %s ends again and again, the last time with exit code %d", name, c.State.ExitCode))
	case health == "unhealthy":
		return brokenContainer("the health check of the container " + name + " fails")
	case c.State.Status != "running":
		return fmt.Errorf("the container %s is %s", name, c.State.Status)
	case health == "starting":
		return fmt.Errorf("the container %s is still starting", name)
	case health == "" && !asked && time.Since(c.State.StartedAt) < steadyFor:
		return fmt.Errorf("the container %s has just started", name)
	}
	return nil
}

// unanswered asks each path, as the reverse proxy will, and returns why one does
// not answer.
func (s Service) unanswered(ctx context.Context, have dockerState) error {
	for _, h := range s.Health {
		there, _ := have.container(ServiceContainer(s.Name, h.Container))
		addresses := there.addresses(h.Port)
		if len(addresses) == 0 {
			return fmt.Errorf("the container %s has no address", h.Container)
		}
		if err := askHTTP(ctx, addresses[0], h.Path); err != nil {
			return fmt.Errorf("the container %s does not answer %s at port %d: %w", h.Container, h.Path, h.Port, err)
		}
	}
	return nil
}

// patience is how long a container may take to answer.
const patience = 5 * time.Second

// exchange sends a request over a connection of its own and has the answer read. Both
// take no longer than the limit. network is tcp or unix.
func exchange(ctx context.Context, limit time.Duration, network, address string, request []byte, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, bounded := ctx.Deadline(); bounded {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	return read(conn)
}

// askHTTP asks a path and wants a status from 200 to 299 (RFC 9110 section 15.3).
// It writes the request itself: an HTTP client would make the agent much larger.
func askHTTP(ctx context.Context, address, path string) error {
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: cairn\r\nConnection: close\r\n\r\n", path, address)
	var line string
	err := exchange(ctx, patience, "tcp", address, []byte(request), func(conn io.Reader) (err error) {
		line, err = bufio.NewReader(conn).ReadString('\n')
		return err
	})
	if err != nil {
		return err
	}
	version, status, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !strings.HasPrefix(version, "HTTP/1.") || !strings.HasPrefix(status, "2") {
		return fmt.Errorf("it says %q", strings.TrimSpace(line))
	}
	return nil
}
