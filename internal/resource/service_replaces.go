package resource

import (
	"context"

	"cairn/internal/system"
)

// WithoutService is a host without a service: its containers, their network and files
// are gone. Volumes stay.
func WithoutService(name string) Service {
	return Service{Name: name, Absent: true, Networks: []ContainerNetwork{{Name: ServiceProject(name)}}}
}

// replaced are the services that this one takes the place of, as they should be.
func (s Service) replaced() (all []Service) {
	for _, name := range s.Replaces {
		all = append(all, WithoutService(name))
	}
	return all
}

// stopReplaced stops what this service takes the place of, and removes nothing yet.
func (s Service) stopReplaced(ctx context.Context, sys *system.System) error {
	return s.tellReplaced(ctx, sys, "stop")
}

// startReplaced starts it again.
func (s Service) startReplaced(ctx context.Context, sys *system.System) error {
	return s.tellReplaced(ctx, sys, "start")
}

// tellReplaced gives Docker a command on the containers of what is replaced.
func (s Service) tellReplaced(ctx context.Context, sys *system.System, command string) error {
	for _, old := range s.replaced() {
		have, err := old.look(ctx, sys)
		if err != nil {
			return err
		}
		if names := have.containers(); len(names) > 0 {
			if _, err := sys.Run(ctx, append([]string{"docker", command}, names...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s Service) removeReplaced(ctx context.Context, sys *system.System) error {
	for _, old := range s.replaced() {
		if err := old.remove(ctx, sys); err != nil {
			return err
		}
	}
	return nil
}
