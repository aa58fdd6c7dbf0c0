package resource

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn/internal/problem"
	"cairn/internal/spelling"
	"cairn/internal/system"
)

// LogRequest says which lines of a service's containers to read.
type LogRequest struct {
	Service   string
	Container string // empty: all
	Lines     int    // of each container, the newest
	// Since leaves out what is as old as this or older. The zero time leaves out
	// nothing.
	Since time.Time
}

// ServiceLog is what the containers of a service said, oldest first, without secrets.
type ServiceLog struct {
	Lines []LogLine `cbor:"1,keyasint,omitempty"`
	// Until is the time up to which the lines are complete, by the host's clock.
	Until time.Time `cbor:"2,keyasint"`
	// Cut says that there were more lines than one answer takes.
	Cut bool `cbor:"3,keyasint,omitempty"`
}

// Complete are the lines up to Until. An answer that goes on there has the others again.
func (l ServiceLog) Complete() []LogLine {
	return slices.DeleteFunc(slices.Clone(l.Lines), func(line LogLine) bool { return line.At.After(l.Until) })
}

// LogLine is a line that a container said.
type LogLine struct {
	At        time.Time `cbor:"1,keyasint" json:"at"`
	Container string    `cbor:"2,keyasint" json:"container"`
	Text      string    `cbor:"3,keyasint,omitempty" json:"text"`
}

const (
	// logBytes limits an answer. Docker keeps up to 30 MB of each container.
	logBytes = 1 << 20
	// logSettles is how long Docker may take until it has written a line.
	logSettles = 200 * time.Millisecond
)

// ReadServiceLog reads what the containers of a service said. The error has the code
// ServiceAbsent if the host has none.
func ReadServiceLog(ctx context.Context, sys *system.System, r LogRequest) (ServiceLog, error) {
	log := ServiceLog{Until: time.Now().Add(-logSettles)}
	containers, err := serviceContainers(ctx, sys, r.Service)
	if err != nil {
		return log, err
	}
	if containers, err = theOne(containers, r); err != nil {
		return log, err
	}
	s, err := Service{Name: r.Service}.kept(sys)
	if err != nil {
		return log, fmt.Errorf("the log cannot be shown without its secrets: %w", err)
	}
	for _, c := range containers {
		argv := []string{"docker", "logs", "--timestamps", "--tail", strconv.Itoa(r.Lines)}
		if !r.Since.IsZero() {
			argv = append(argv, "--since", r.Since.UTC().Format(time.RFC3339Nano))
		}
		out, err := sys.Ask(ctx, append(argv, ServiceContainer(r.Service, c))...)
		if err != nil {
			return log, err
		}
		if out.Exit != 0 {
			return log, fmt.Errorf("docker logs: %s", system.LastWords(out))
		}
		for _, stream := range [][]byte{out.Stdout, out.Stderr} {
			log.Lines = append(log.Lines, logLines(c, s.withoutSecrets(string(stream)))...)
		}
	}
	log.narrow(r)
	return log, nil
}

// narrow sorts the lines, and leaves out those that were not asked for and those that
// are too many.
func (l *ServiceLog) narrow(r LogRequest) {
	slices.SortStableFunc(l.Lines, func(a, b LogLine) int { return a.At.Compare(b.At) })
	if !r.Since.IsZero() {
		l.Lines = slices.DeleteFunc(l.Complete(), func(line LogLine) bool { return !line.At.After(r.Since) })
	}
	size := 0
	for i, line := range slices.Backward(l.Lines) {
		if size += len(line.Text) + len(line.Container); size > logBytes {
			l.Lines, l.Cut = l.Lines[i+1:], true
			return
		}
	}
}

// serviceContainers are the containers that a host has of a service, as its Compose file
// names them, sorted.
func serviceContainers(ctx context.Context, sys *system.System, name string) ([]string, error) {
	out, err := sys.Ask(ctx, "docker", "ps", "--all", "--filter", "label="+LabelService+"="+name, "--format", `{{.Label "com.docker.compose.service"}}`)
	switch {
	case err != nil:
		return nil, err
	case out.Exit != 0 && out.Exit != system.MissingProgram:
		return nil, fmt.Errorf("docker ps: %s", system.LastWords(out))
	}
	containers := strings.Fields(string(out.Stdout))
	if out.Exit != 0 || len(containers) == 0 {
		return nil, absentService(name)
	}
	slices.Sort(containers)
	return slices.Compact(containers), nil
}

// absentService is the problem that a host does not run a service of the lab.
func absentService(name string) error {
	return problem.New(problem.ServiceAbsent, name, name+" is in lab.yaml, but does not run on its host")
}

// theOne returns the container that was asked for, or all.
func theOne(containers []string, r LogRequest) ([]string, error) {
	if r.Container == "" {
		return containers, nil
	}
	if slices.Contains(containers, r.Container) {
		return []string{r.Container}, nil
	}
	fix := "these are there: " + strings.Join(containers, ", ")
	if near := spelling.Nearest(r.Container, containers); near != "" {
		fix = "did you mean `" + near + "`?"
	}
	return nil, problem.New(problem.ServiceMissing, r.Service, fmt.Sprintf("%s has no container %q", r.Service, r.Container)).WithFix(fix)
}

// logLines are the lines of docker logs --timestamps
// (https://docs.docker.com/reference/cli/docker/container/logs/). One without a time
// belongs to the line before.
func logLines(container, text string) (lines []LogLine) {
	var last time.Time
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		stamp, said, _ := strings.Cut(line, " ")
		if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil {
			last = at
		} else {
			said = line
		}
		lines = append(lines, LogLine{At: last, Container: container, Text: string(bytes.ToValidUTF8([]byte(said), []byte("\uFFFD")))})
	}
	return lines
}
