package engine

import (
	"context"
	"errors"
	"time"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/task"
	"cairn/internal/wire"
	"cairn/internal/wiring"
)

// RestartReport is what a restart of a service came to.
type RestartReport struct {
	Service string        `json:"service"`
	Host    string        `json:"host"`
	Took    time.Duration `json:"took_ns"` // until it worked again
}

// Restart has the containers of a service start again, as they are on the host, and
// waits until they work.
func (e *Engine) Restart(ctx context.Context, h lab.Host, r wiring.Release) (*RestartReport, error) {
	report := &RestartReport{Service: r.Service.Name, Host: h.Name}
	return report, e.onOne(ctx, "service restart", h, func(session *host.Session) error {
		restart, err := r.Restart(e.command)
		if err != nil {
			return err
		}
		spec, err := resource.Encode(restart)
		if err != nil {
			return problem.Wrap(problem.ResourceBad, r.Service.Name, "the restart cannot be described", err)
		}
		begun := e.now()
		// What was proven of the services before is no proof of them now.
		steps := []wire.Step{{ID: stepID(restart), Task: task.ReverseProxy, Resource: spec}}
		run := wire.Run{ID: e.command + "-1", Epoch: session.Hello().Epoch + 1, Lab: e.lab.Name, Steps: steps}
		proven, err := e.Apply(ctx, session, run)
		report.Took = e.now().Sub(begun)
		if proven != nil {
			err = errors.Join(err, proven.Close())
		}
		return err
	})
}
