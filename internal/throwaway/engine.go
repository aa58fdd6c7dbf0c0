package throwaway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// Engine is what a Docker Engine reports about itself.
type Engine struct {
	Version       string
	System        string // the machine's operating system, as the engine names it
	Kernel        string
	Arch          string // as uname -m says it
	CgroupVersion int    // 1 or 2
	Rootless      bool   // the engine runs without root
	UserNS        bool   // containers run in a user namespace by default
}

// Probe checks that there is an engine, that this user may use it, and that its
// containers can be hosts at all. Its errors are problems: RehearsalNoDocker,
// RehearsalNoRights, RehearsalNoSystemd.
func Probe(ctx context.Context, d Docker) (Engine, error) {
	out, err := d.call(ctx, nil, "info", "--format", "{{json .}}")
	if err != nil {
		return Engine{}, unavailable(ctx, err, out)
	}
	engine, err := parseInfo([]byte(out))
	if err != nil {
		return Engine{}, unavailable(ctx, err, out)
	}
	if why := engine.unfit(); why != "" {
		return engine, problem.New(problem.RehearsalNoSystemd, "", why)
	}
	return engine, nil
}

// unavailable says why docker info returned nothing. A client without its
// engine may say so in its output (ServerErrors) instead of on standard error.
func unavailable(ctx context.Context, err error, output string) error {
	known := distro.All()[0]
	switch {
	case ctx.Err() != nil:
		return err
	case errors.Is(err, exec.ErrNotFound):
		newest := known.Releases[len(known.Releases)-1]
		return problem.Wrap(problem.RehearsalNoDocker, "", "The docker program is not installed", err).
			WithFix("install Docker: on " + known.Name + " `" + known.Packages.Installing(newest.Docker.Engine...) + "`, elsewhere see https://docs.docker.com/engine/install/")
	case said(err, "permission denied") || strings.Contains(strings.ToLower(output), "permission denied"):
		return problem.Wrap(problem.RehearsalNoRights, "", "You are not allowed to use the Docker Engine of this machine", err)
	}
	return problem.Wrap(problem.RehearsalNoDocker, "", "No Docker Engine answers", err)
}

// parseInfo reads `docker info --format '{{json .}}'`.
func parseInfo(data []byte) (Engine, error) {
	var info struct {
		ServerVersion, OperatingSystem, OSType, KernelVersion, Architecture, CgroupVersion string

		SecurityOptions, ServerErrors []string
	}
	if err := json.Unmarshal(data, &info); err != nil {
		return Engine{}, fmt.Errorf("read docker info: %w", err)
	}
	if len(info.ServerErrors) > 0 {
		return Engine{}, errors.New(strings.Join(info.ServerErrors, "; "))
	}
	if info.ServerVersion == "" {
		return Engine{}, errors.New("docker info names no engine")
	}
	engine := Engine{
		Version: info.ServerVersion, System: info.OperatingSystem, Kernel: info.KernelVersion, Arch: info.Architecture,
		CgroupVersion: 1, // engines before 20.10 do not say, and have only version 1
		Rootless:      hasOption(info.SecurityOptions, "rootless"),
		UserNS:        hasOption(info.SecurityOptions, "userns"),
	}
	if info.CgroupVersion == "2" {
		engine.CgroupVersion = 2
	}
	if info.OSType != "" && info.OSType != "linux" {
		engine.System = info.OSType
	}
	return engine, nil
}

// hasOption reports whether there is a security option of that name. Options
// read "name=rootless" or "name=seccomp,profile=builtin".
func hasOption(options []string, name string) bool {
	return slices.ContainsFunc(options, func(option string) bool {
		first, _, _ := strings.Cut(option, ",")
		return first == "name="+name
	})
}

// unfit says why containers of this engine cannot be hosts. It is "" if they
// can.
func (e Engine) unfit() string {
	switch {
	case e.System == "windows":
		return "The Docker Engine runs Windows containers, but throw-away hosts are " + distro.Rehearsed.Name
	case strings.Contains(e.System, "Docker Desktop"):
		return "Docker Desktop runs containers in a virtual machine that this machine cannot reach; run the rehearsal on a Linux machine"
	case e.Rootless:
		return "A rootless Docker Engine gives containers no writable cgroup tree and no reachable addresses; use one that runs as root"
	}
	return ""
}
