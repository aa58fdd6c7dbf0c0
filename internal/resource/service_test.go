package resource

import (
	"testing"
	"time"
)

// TestContainersThatWork covers what is made of a container's state.
func TestContainersThatWork(t *testing.T) {
	running, step := Container{Name: "web"}, Container{Name: "migrate", Once: true}
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	for _, c := range []struct {
		name, status, health string
		exit, restarts       int
		since                time.Duration
		wanted               Container
		asked                bool
		want                 string
	}{
		{name: "it runs", status: "running", since: time.Minute, wanted: running},
		{name: "it has just started", status: "running", wanted: running, want: "the container web has just started"},
		{name: "it has, and is asked", status: "running", wanted: running, asked: true},
		{name: "it is healthy at once", status: "running", health: "healthy", wanted: running},
		{name: "it is starting", status: "running", health: "starting", since: time.Minute, wanted: running, want: "the container web is still starting"},
		{name: "it is unhealthy", status: "running", health: "unhealthy", since: time.Minute, wanted: running, want: "the health check of the container web fails"},
		{name: "it has ended", status: "exited", wanted: running, want: "the container web is exited"},
		{name: "it ends again and again", status: "restarting", exit: 3, restarts: 3, wanted: running, want: "the container web ends again and again, the last time with exit code 3"},
		{name: "a step is done", status: "exited", wanted: step},
		{name: "a step goes on", status: "running", since: time.Minute, wanted: step, want: "the step migrate is running"},
		{name: "a step failed", status: "exited", exit: 1, wanted: step, want: "the step migrate ended with exit code 1"},
	} {
		have := dockerContainer{RestartCount: c.restarts}
		have.State.Status, have.State.Health.Status, have.State.ExitCode, have.State.StartedAt = c.status, c.health, c.exit, ago(c.since)
		err := have.works(c.wanted, c.asked)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}
