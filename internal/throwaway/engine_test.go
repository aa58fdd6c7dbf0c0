package throwaway

import (
	"errors"
	"os/exec"
	"testing"

	"cairn/internal/problem"
)

func TestParseInfo(t *testing.T) {
	tests := []struct {
		name, info string
		want       Engine
		unfit      bool
	}{
		{"version 1", `{"ServerVersion":"20.10.24","OperatingSystem":"Debian","OSType":"linux","CgroupVersion":"1","SecurityOptions":["name=seccomp,profile=default"]}`,
			Engine{Version: "20.10.24", System: "Debian", CgroupVersion: 1}, false},
		{"version 2 with user namespaces", `{"ServerVersion":"28.0.1","OperatingSystem":"Debian","OSType":"linux","CgroupVersion":"2","SecurityOptions":["name=apparmor","name=userns","name=cgroupns"]}`,
			Engine{Version: "28.0.1", System: "Debian", CgroupVersion: 2, UserNS: true}, false},
		{"rootless", `{"ServerVersion":"28.0.1","OperatingSystem":"Debian","OSType":"linux","CgroupVersion":"2","SecurityOptions":["name=rootless"]}`,
			Engine{Version: "28.0.1", System: "Debian", CgroupVersion: 2, Rootless: true}, true},
		{"Docker Desktop", `{"ServerVersion":"28.0.1","OperatingSystem":"Docker Desktop","OSType":"linux","CgroupVersion":"2"}`,
			Engine{Version: "28.0.1", System: "Docker Desktop", CgroupVersion: 2}, true},
		{"Windows containers", `{"ServerVersion":"28.0.1","OperatingSystem":"Windows 11","OSType":"windows"}`,
			Engine{Version: "28.0.1", System: "windows", CgroupVersion: 1}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseInfo([]byte(test.info))
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v", got, err)
			}
			if (got.unfit() != "") != test.unfit {
				t.Errorf("unfit because %q", got.unfit())
			}
		})
	}
}

func TestUnavailableEngine(t *testing.T) {
	refused := &commandError{"docker info", "permission denied while trying to connect to the Docker daemon socket", errors.New("exit status 1")}
	away := &commandError{"docker info", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", errors.New("exit status 1")}
	tests := []struct {
		name   string
		err    error
		output string
		want   problem.Code
	}{
		{"no program", exec.ErrNotFound, "", problem.RehearsalNoDocker},
		{"no engine", away, "", problem.RehearsalNoDocker},
		{"no rights", refused, "", problem.RehearsalNoRights},
		{"no rights, said in the output", errors.New("exit status 1"), `{"ServerErrors":["Got permission denied while trying"]}`, problem.RehearsalNoRights},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := problem.CodeOf(unavailable(t.Context(), test.err, test.output)); got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestProbeOfAnEngineThatIsNotThere(t *testing.T) {
	here := Docker{Program: "/nonexistent/docker"}
	if _, err := Probe(t.Context(), here); problem.CodeOf(err) != problem.RehearsalNoDocker {
		t.Errorf("got %v", err)
	}
}
