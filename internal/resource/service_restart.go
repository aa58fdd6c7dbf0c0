package resource

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// ServiceRestart has the containers of a service start again, as they are. It is done
// once they work, and then not again.
type ServiceRestart struct {
	Service string `cbor:"1,keyasint"`
	// Token tells this restart from others. The host keeps that of the last one.
	Token      string        `cbor:"2,keyasint"`
	Containers []string      `cbor:"3,keyasint"` // as the Compose file names them, without steps, which end
	Health     []HealthCheck `cbor:"4,keyasint,omitempty"`
	Within     int           `cbor:"5,keyasint,omitempty"` // seconds; 0 means 180
}

// Kind implements [Resource].
func (ServiceRestart) Kind() Kind { return "service-restart" }

// Key implements [Resource].
func (r ServiceRestart) Key() string { return r.Service }

// Validate implements [Resource].
func (r ServiceRestart) Validate() error {
	switch {
	case !label.MatchString(r.Service):
		return fmt.Errorf("%q cannot be the name of a service", r.Service)
	case !containerName.MatchString(r.Token):
		return fmt.Errorf("%q cannot name a restart", r.Token)
	case len(r.Containers) == 0 || r.Within < 0:
		return fmt.Errorf("the restart of %s has no container, or no time", r.Service)
	}
	for _, c := range r.Containers {
		if !containerName.MatchString(c) {
			return fmt.Errorf("%q cannot be a container", c)
		}
	}
	return validHealth(r.Health)
}

// service is the service as far as its restart needs it.
func (r ServiceRestart) service() Service {
	s := Service{Name: r.Service, Health: r.Health, Within: r.Within}
	for _, c := range r.Containers {
		s.Containers = append(s.Containers, Container{Name: c})
	}
	return s
}

func (r ServiceRestart) tokenPath() string { return path.Join(serviceKeep(r.Service), "restarted") }

// Check implements [Resource].
func (r ServiceRestart) Check(_ context.Context, sys *system.System) (Diff, error) {
	if kept, err := r.service().record(sys); err != nil || kept.Sum == "" {
		return Diff{}, errors.Join(err, absentService(r.Service))
	}
	text, there, err := sys.Read(r.tokenPath())
	if err != nil {
		return Diff{}, err
	}
	have := absent
	if there {
		have = strings.TrimSpace(string(text))
	}
	return compare(property{"last restart", have, r.Token}), nil
}

// Apply implements [Resource].
func (r ServiceRestart) Apply(ctx context.Context, sys *system.System, _ Diff) error {
	s := r.service()
	have, err := s.look(ctx, sys)
	if err != nil {
		return err
	}
	words := []string{"restart"}
	for _, c := range s.Containers {
		if _, found := have.container(ServiceContainer(s.Name, c.Name)); !found {
			return problem.New(problem.ServiceAbsent, s.Name, fmt.Sprintf("%s has no container %s on its host", s.Name, c.Name))
		}
		words = append(words, c.Name)
	}
	if _, err := sys.Run(ctx, s.compose(words...)...); err != nil {
		return err
	}
	if err := s.waitUntilWorks(ctx, sys); err != nil {
		return r.down(ctx, sys, err)
	}
	return sys.Write(r.tokenPath(), []byte(r.Token+"\n"), system.Attributes{Mode: system.FileMode(0o600)})
}

// down says why the service does not work after its restart.
func (r ServiceRestart) down(ctx context.Context, sys *system.System, reason error) error {
	s, err := r.service().kept(sys)
	if ctx.Err() != nil || err != nil {
		return errors.Join(ctx.Err(), reason, err)
	}
	return problem.Wrap(problem.ServiceDown, s.Name, s.Name+" was started again, and does not work", s.withLastWords(ctx, sys, reason))
}

// Verify implements [Resource].
func (r ServiceRestart) Verify(ctx context.Context, sys *system.System) error {
	diff, err := r.Check(ctx, sys)
	if err := errors.Join(err, different(r, diff)); err != nil {
		return err
	}
	have, err := r.service().look(ctx, sys)
	if err != nil {
		return err
	}
	return r.service().works(ctx, have)
}
