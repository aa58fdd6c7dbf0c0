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
	for _, old := range s.replaced() {
		if err := old.tell(ctx, sys, "stop"); err != nil {
			return err
		}
	}
	return nil
}

// startReplaced starts it again, and waits until it works.
func (s Service) startReplaced(ctx context.Context, sys *system.System) error {
	for _, old := range s.replaced() {
		if err := old.tell(ctx, sys, "start"); err != nil {
			return err
		}
		kept, err := old.record(sys)
		if err != nil {
			return err
		}
		if err := kept.release(old.Name).waitUntilWorks(ctx, sys); err != nil {
			return err
		}
	}
	return nil
}

// tell gives Docker a command on the containers of a service.
func (s Service) tell(ctx context.Context, sys *system.System, command string) error {
	have, err := s.look(ctx, sys)
	if err != nil {
		return err
	}
	names := have.containers()
	if len(names) == 0 {
		return nil
	}
	_, err = sys.Run(ctx, append([]string{"docker", command}, names...)...)
	return err
}

func (s Service) removeReplaced(ctx context.Context, sys *system.System) error {
	for _, old := range s.replaced() {
		if err := old.remove(ctx, sys); err != nil {
			return err
		}
	}
	return nil
}
