package throwaway

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// entrances maps a host's name to the number of its first process on this
// machine. The engine is asked for one when it is first needed, which never
// happens in a rehearsal.
type entrances struct {
	mu    sync.Mutex
	known map[string]string
}

// forget drops the entry of a host that was started again, because its first
// process changed.
func (e *entrances) forget(host string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.known, host)
}

// of returns the number of a host's first process, or "" if it cannot be found.
func (e *entrances) of(ctx context.Context, d Docker, host *Host) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if process, known := e.known[host.Name]; known {
		return process
	}
	process, err := d.firstProcess(ctx, host.Container)
	if err != nil {
		return "" // the next call asks again
	}
	if e.known == nil {
		e.known = map[string]string{}
	}
	e.known[host.Name] = process
	return process
}

// firstProcess finds a container's first process on this machine, so that root
// can enter it without the engine. It finds none if the engine runs elsewhere
// or this process lacks the rights. Then the engine does the work.
func (d Docker) firstProcess(ctx context.Context, container string) (string, error) {
	if os.Geteuid() != 0 {
		return "", nil
	}
	out, err := d.call(ctx, nil, "inspect", "--format", "{{.State.Pid}} {{.Id}}", container)
	if err != nil {
		return "", err
	}
	pid, id, _ := strings.Cut(strings.TrimSpace(out), " ")
	// The number may belong to another process here. Only the host's own is in a
	// control group with the container's name (cgroups(7)).
	groups, err := os.ReadFile("/proc/" + pid + "/cgroup")
	if err != nil || id == "" || !strings.Contains(string(groups), id) {
		return "", nil
	}
	return pid, nil
}

// rootsPath is root's PATH on Debian (login.defs(5), ENV_SUPATH).
const rootsPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// enter returns a program that runs as root on a host. `docker exec` takes 105
// ms of processor time for that, nsenter(1) takes 3 ms.
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
