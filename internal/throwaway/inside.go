package throwaway

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// entrances are the hosts' first processes on this machine, by the hosts' names. The
// engine is asked for one when it is first needed, which a rehearsal never does.
type entrances struct {
	mu    sync.Mutex
	known map[string]string
}

// forget is for a host that was started again, with another first process.
func (e *entrances) forget(host string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.known, host)
}

// of is the number of a host's first process, or "" where that is not to be had.
func (e *entrances) of(ctx context.Context, d Docker, host *Host) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if process, known := e.known[host.Name]; known {
		return process
	}
	process, err := d.firstProcess(ctx, host.Container)
	if err != nil {
		return "" // asked again the next time
	}
	if e.known == nil {
		e.known = map[string]string{}
	}
	e.known[host.Name] = process
	return process
}

// firstProcess finds a container's first process on this machine, so that root can
// enter it without the engine. It finds none where the engine runs elsewhere, or
// where this process may not: then the engine is asked to.
func (d Docker) firstProcess(ctx context.Context, container string) (string, error) {
	if os.Geteuid() != 0 {
		return "", nil
	}
	out, err := d.call(ctx, nil, "inspect", "--format", "{{.State.Pid}} {{.Id}}", container)
	if err != nil {
		return "", err
	}
	pid, id, _ := strings.Cut(strings.TrimSpace(out), " ")
	// A process of that number may be another's here; only the host's own is in a
	// control group with the container's name (cgroups(7)).
	groups, err := os.ReadFile("/proc/" + pid + "/cgroup")
	if err != nil || id == "" || !strings.Contains(string(groups), id) {
		return "", nil
	}
	return pid, nil
}

// rootsPath is root's PATH on Debian (login.defs(5), ENV_SUPATH).
const rootsPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// enter is a program that runs as root on a host. `docker exec` takes 105 ms of a
// processor for it, nsenter(1) takes 3 ms.
func (r *Hosts) enter(ctx context.Context, host *Host, argv []string) *exec.Cmd {
	nsenter, err := exec.LookPath("nsenter")
	process := r.inside.of(ctx, r.docker, host)
	if process == "" || err != nil {
		return r.docker.command(ctx, append([]string{"exec", "--interactive", host.Container}, argv...)...)
	}
	enter := []string{"--target", process, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd", "--"}
	cmd := polite(exec.CommandContext(ctx, nsenter, append(enter, argv...)...))
	cmd.Env = []string{rootsPath, "HOME=/root"}
	return cmd
}
