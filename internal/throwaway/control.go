package throwaway

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// host returns the host with that name in the lab.
func (r *Hosts) host(name string) (*Host, error) {
	if host, ok := r.hosts[name]; ok {
		return host, nil
	}
	return nil, fmt.Errorf("the rehearsal has no host %q", name)
}

// Exec runs a program as root on a host, without SSH, and returns what it
// wrote. If the program fails, the error wraps *exec.ExitError. stdin may be
// nil.
func (r *Hosts) Exec(ctx context.Context, host string, argv []string, stdin io.Reader) (stdout, stderr []byte, err error) {
	found, err := r.host(host)
	if err != nil {
		return nil, nil, err
	}
	var out, errOut bytes.Buffer
	cmd := r.enter(ctx, found, argv)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errOut
	err = cmd.Run()
	return out.Bytes(), errOut.Bytes(), explained(ctx, err, host, errOut.String())
}

// Restart shuts a host down cleanly, starts it again, and waits until it is up.
// It stands in for a reboot, but the kernel's boot id stays the machine's.
func (r *Hosts) Restart(ctx context.Context, host string) error {
	return r.again(ctx, host, "restart", "--time", "20")
}

// PowerCycle ends a host as a power cut would, starts it again, and waits until
// it is up.
func (r *Hosts) PowerCycle(ctx context.Context, host string) error {
	found, err := r.host(host)
	if err != nil {
		return err
	}
	if _, err := r.docker.finish(ctx, createLimit, nil, "kill", found.Container); err != nil {
		return failed(ctx, host, "Cannot switch off the throw-away host", err)
	}
	return r.again(ctx, host, "start")
}

// again starts a host once more. It waits only for systemd, because its SSH
// server may by now listen where this machine cannot reach it.
func (r *Hosts) again(ctx context.Context, host string, command ...string) error {
	found, err := r.host(host)
	if err != nil {
		return err
	}
	if _, err := r.docker.finish(ctx, createLimit, nil, append(command, found.Container)...); err != nil {
		return failed(ctx, host, "The throw-away host did not start again", err)
	}
	bounded, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	if _, err := r.booted(bounded, found.Container); err != nil {
		return failed(ctx, host, "The throw-away host did not boot again", err)
	}
	r.inside.forget(host)
	return nil
}

// Disconnect unplugs a host's network cable. Only [Hosts.Exec] still reaches
// the host.
func (r *Hosts) Disconnect(ctx context.Context, host string) error {
	found, err := r.host(host)
	if err != nil {
		return err
	}
	_, err = r.docker.finish(ctx, networkLimit, nil, "network", "disconnect", r.networkName(), found.Container)
	return err
}

// Connect plugs a host's network cable in again, with the same addresses.
func (r *Hosts) Connect(ctx context.Context, host string) error {
	found, err := r.host(host)
	if err != nil {
		return err
	}
	at := place{name: host, address: found.Address, address6: found.Address6}
	args := append([]string{"network", "connect"}, addressArgs(at)...)
	_, err = r.docker.finish(ctx, networkLimit, nil, append(args, r.networkName(), found.Container)...)
	return err
}
