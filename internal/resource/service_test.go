package resource

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
		{name: "it was started again just now", status: "running", restarts: 3, since: time.Second, wanted: running, asked: true, want: "the container web was started 4 times"},
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

// TestSecretsAreTakenOut covers the forms in which a program may print a secret.
func TestSecretsAreTakenOut(t *testing.T) {
	s := Service{Files: []ServiceFile{
		{Path: "secrets/key", Content: Inline("opensesame"), Sensitive: true}, {Path: "secrets/longer", Content: Inline("opensesame-twice\n"), Sensitive: true},
		{Path: "secrets/web.env", Content: Inline(`PASSWORD="pa\$s\"word"` + "\n"), Sensitive: true}, {Path: "compose.yaml", Content: Inline("not a secret")},
	}}
	for said, want := range map[string]string{
		"the key is opensesame.":  "the key is (secret).",
		"it is opensesame-twice":  "it is (secret)",
		`it is pa$s"word`:         "it is (secret)",
		`it is pa\$s\"word`:       "it is (secret)",
		"this is not a secret":    "this is not a secret",
		"a=opensesame&b=opensesa": "a=(secret)&b=opensesa",
	} {
		if got := s.withoutSecrets(said); got != want {
			t.Errorf("%q became %q, not %q", said, got, want)
		}
	}
}

// TestPrivateFilesOfAServiceAreKnown finds secrets of a release that is just being
// tried, and of one whose file others may read by now.
func TestPrivateFilesOfAServiceAreKnown(t *testing.T) {
	b := scratchBench(t)
	if s, err := (Service{Name: "conform"}).kept(b.sys); err != nil || len(s.Files) != 0 {
		t.Errorf("a host without the service has %+v, %v", s.Files, err)
	}
	has("/opt/cairn/conform/secrets/new", "opensesame", 0o400)(t, b)
	has("/opt/cairn/conform/secrets/seen", "sesameopen", 0o644)(t, b)
	has("/opt/cairn/conform/compose.yaml", "services:", 0o644)(t, b)
	has("/etc/cairn/services/conform/record.json", `{"sum":"one","files":[{"path":"secrets/seen","sensitive":true},{"path":"compose.yaml"}]}`, 0o600)(t, b)
	has("/etc/cairn/services/conform/one/secrets/seen", "earlierone", 0o600)(t, b)
	s, err := (Service{Name: "conform"}).kept(b.sys)
	ok(t, err)
	if got := s.withoutSecrets("opensesame sesameopen earlierone services:"); got != "(secret) (secret) (secret) services:" {
		t.Errorf("it shows %q", got)
	}
}

func TestLogLines(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 1, 2, 3, 4, second, 5, time.UTC) }
	got := logLines("web", "2026-01-02T03:04:01.000000005Z one  two\n2026-01-02T03:04:02.000000005Z \nno time\n")
	want := []LogLine{{at(1), "web", "one  two"}, {at(2), "web", ""}, {at(2), "web", "no time"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	log := ServiceLog{Lines: []LogLine{{at(3), "b", "3"}, {at(1), "a", "1"}, {at(2), "b", "2"}, {at(4), "a", "4"}}, Until: at(3)}
	log.narrow(LogRequest{Since: at(1)})
	if diff := cmp.Diff([]LogLine{{at(2), "b", "2"}, {at(3), "b", "3"}}, log.Lines); diff != "" || log.Cut {
		t.Errorf("since the first (-want +got):\n%s", diff)
	}
	long := strings.Repeat("x", logBytes/2)
	log = ServiceLog{Lines: []LogLine{{at(1), "a", long}, {at(2), "a", long}, {at(3), "a", "last"}}}
	if log.narrow(LogRequest{}); !log.Cut || len(log.Lines) != 2 || log.Lines[1].Text != "last" {
		t.Errorf("of too many, %d are left", len(log.Lines))
	}
}
