package resource

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cairn/internal/system"
)

// labelPorts lets the SSH server listen where SELinux is enforced: sshd may use
// only ports of the type ssh_port_t (semanage-port(8)). The label stays when a
// change is undone, because by itself it opens nothing.
func labelPorts(ctx context.Context, s *system.System, ports []uint16) error {
	enforced, _, err := s.Read("/sys/fs/selinux/enforce")
	if err != nil || strings.TrimSpace(string(enforced)) != "1" {
		return err
	}
	for _, port := range ports {
		if port == 22 {
			continue // the policy allows it already
		}
		number := strconv.Itoa(int(port))
		out, err := s.Ask(ctx, "semanage", "port", "-a", "-t", "ssh_port_t", "-p", "tcp", number)
		if err != nil {
			return err
		}
		if out.Exit == system.MissingProgram {
			return fmt.Errorf("SELinux is enforced and lets sshd listen on no other port than 22: install semanage (policycoreutils-python-utils), which labels port %s", number)
		}
		if out.Exit == 0 {
			continue
		}
		// The port has a label already, its own or another.
		if _, err := s.Run(ctx, "semanage", "port", "-m", "-t", "ssh_port_t", "-p", "tcp", number); err != nil {
			return err
		}
	}
	return nil
}
