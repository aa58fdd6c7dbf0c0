package throwaway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/distro"
	"cairn/internal/problem"
)

// Time limits for the steps of a host.
const (
	createLimit = time.Minute
	bootLimit   = 2 * time.Minute
)

// Host is a throw-away host that is up.
type Host struct {
	Name      string // as in the lab
	Container string // the container's name
	Address   netip.Addr
	Address6  netip.Addr      // invalid where containers have no IPv6
	Port      uint16          // where sshd listens
	Keys      []ssh.PublicKey // its SSH host keys
	Failed    []string        // units that failed to start; none on a healthy host
}

// hostSpec is what a host is made from.
type hostSpec struct {
	name      string // in the lab
	container string
	network   string
	volume    string // for /var/lib/docker; "" is none
	place     place
	port      uint16
	labels    []string // options of docker create
	files     []namedFile
}

// createArgs returns the arguments of docker create for a host.
func (s hostSpec) createArgs(c Capabilities, image string) []string {
	args := []string{"create", "--name", s.container, "--hostname", s.name, "--network", s.network}
	args = append(args, addressArgs(s.place)...)
	args = append(args, c.rights()...)
	args = append(args, s.labels...)
	args = append(args, "--label", labelHost+"="+s.name)
	if s.volume != "" {
		args = append(args, "--volume", s.volume+":/var/lib/docker")
	}
	return append(args, image)
}

// firstFiles are the files that a provider has put on a fresh server: the
// owner's key for root, and where packages come from.
func firstFiles(key ssh.PublicKey, m machine, port uint16) []namedFile {
	files := []namedFile{
		{"root/.ssh/authorized_keys", 0o600, ssh.MarshalAuthorizedKey(key)},
		{distro.Rehearsed.Sources, 0o644, m.mirrors.sources()},
	}
	if len(m.proxies) > 0 {
		files = append(files, namedFile{"etc/apt/apt.conf.d/90rehearsal-proxy", 0o644, m.proxies.aptConf()})
	}
	if port != 22 {
		files = append(files, namedFile{"etc/ssh/sshd_config.d/10-rehearsal-port.conf", 0o644, fmt.Appendf(nil, "Port %d\n", port)})
	}
	return files
}

// startHost creates a host, boots it and reads its state.
func (r *Hosts) startHost(ctx context.Context, s hostSpec) (*Host, error) {
	if _, err := r.docker.finish(ctx, createLimit, nil, s.createArgs(r.Capabilities, r.image)...); err != nil {
		return nil, failed(ctx, s.name, "Cannot make the throw-away host", err)
	}
	content, err := archive(s.files)
	if err != nil {
		return nil, err
	}
	if _, err := r.docker.finish(ctx, createLimit, content, "cp", "-", s.container+":/"); err != nil {
		return nil, failed(ctx, s.name, "Cannot copy the first files to the throw-away host", err)
	}
	if _, err := r.docker.finish(ctx, createLimit, nil, "start", s.container); err != nil {
		return nil, failed(ctx, s.name, "The throw-away host did not start", err)
	}
	host := &Host{Name: s.name, Container: s.container, Address: s.place.address, Address6: s.place.address6, Port: s.port}
	return host, r.settled(ctx, host)
}

func failed(ctx context.Context, host, summary string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return problem.Wrap(problem.RehearsalHostFailed, host, summary, err)
}

// settled waits until a started host is up and this machine reaches its sshd.
// Then it fills in what it learned about the host.
func (r *Hosts) settled(ctx context.Context, host *Host) error {
	bounded, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	state, err := r.booted(bounded, host.Container)
	if err != nil {
		return failed(ctx, host.Name, "The throw-away host did not boot", err)
	}
	if state != "running" {
		if host.Failed, err = r.failedUnits(bounded, host.Container); err != nil {
			return failed(ctx, host.Name, "The throw-away host does not answer", err)
		}
		r.progress(host.Name, "is up, but these units failed: "+strings.Join(host.Failed, ", "))
	}
	if host.Keys, err = r.readKeys(bounded, host.Container); err != nil {
		return failed(ctx, host.Name, "The throw-away host has no SSH host keys", err)
	}
	if err := answersSSH(bounded, netip.AddrPortFrom(host.Address, host.Port)); err != nil {
		return failed(ctx, host.Name, "This machine cannot reach the SSH server of the throw-away host", err)
	}
	return nil
}

// booted waits until systemd has started everything, and returns its state:
// "running", or "degraded" if a unit failed. Until systemd answers, docker exec
// fails.
func (r *Hosts) booted(ctx context.Context, container string) (string, error) {
	for {
		out, err := r.docker.call(ctx, nil, "exec", container, "systemctl", "is-system-running", "--wait")
		if state := strings.TrimSpace(out); state == "running" || state == "degraded" {
			return state, nil
		}
		alive, inspectErr := r.docker.call(ctx, nil, "inspect", "--format", "{{.State.Running}}", container)
		if inspectErr == nil && strings.TrimSpace(alive) != "true" {
			return "", errors.New("its first process ended: " + r.lastLog(ctx, container))
		}
		if !wait(ctx, 100*time.Millisecond) {
			if err == nil {
				err = ctx.Err()
			}
			return "", fmt.Errorf("systemd is %q: %w", strings.TrimSpace(out), err)
		}
	}
}

// lastLog returns the end of what a container's first process printed.
func (r *Hosts) lastLog(ctx context.Context, container string) string {
	var output bytes.Buffer
	cmd := r.docker.command(ctx, "logs", "--tail", "3", container)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return "its log cannot be read"
	}
	return lastWords(output.String())
}

func (r *Hosts) failedUnits(ctx context.Context, container string) ([]string, error) {
	out, err := r.docker.call(ctx, nil, "exec", container, "systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager")
	if err != nil {
		return nil, err
	}
	var units []string
	for _, line := range strings.Split(out, "\n") {
		if fields := strings.Fields(line); len(fields) > 0 {
			units = append(units, fields[0])
		}
	}
	return units, nil
}

// readKeys reads a host's SSH host keys through the engine, where nobody on the
// network can interfere.
func (r *Hosts) readKeys(ctx context.Context, container string) ([]ssh.PublicKey, error) {
	out, err := r.docker.call(ctx, nil, "exec", container, "sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub")
	if err != nil {
		return nil, err
	}
	return parseKeys([]byte(out))
}

// parseKeys reads lines of public keys.
func parseKeys(rest []byte) ([]ssh.PublicKey, error) {
	var keys []ssh.PublicKey
	for len(bytes.TrimSpace(rest)) > 0 {
		var key ssh.PublicKey
		var err error
		if key, _, _, rest, err = ssh.ParseAuthorizedKey(rest); err != nil {
			return nil, fmt.Errorf("read host keys: %w", err)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("there are none")
	}
	return slices.Clip(keys), nil
}

// answersSSH waits until an SSH server at the address sends its greeting (RFC
// 4253, section 4.2).
func answersSSH(ctx context.Context, address netip.AddrPort) error {
	for {
		err := greeted(ctx, address)
		if err == nil {
			return nil
		}
		if !wait(ctx, 100*time.Millisecond) {
			return err
		}
	}
}

func greeted(ctx context.Context, address netip.AddrPort) error {
	const patience = 3 * time.Second
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address.Addr().String(), strconv.Itoa(int(address.Port()))))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	greeting := make([]byte, len("SSH-2.0-"))
	if _, err := conn.Read(greeting); err != nil {
		return err
	}
	if string(greeting) != "SSH-2.0-" {
		return fmt.Errorf("%s does not speak SSH", address)
	}
	return nil
}
