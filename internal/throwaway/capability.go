package throwaway

import (
	"fmt"
	"strconv"
	"strings"
)

// capabilityNames are the names of Linux capabilities by number, without CAP_
// (include/uapi/linux/capability.h, capabilities(7)).
var capabilityNames = []string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
	"LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
	"SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
	"MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
	"CHECKPOINT_RESTORE",
}

// indispensable are the capabilities without which systemd, its mounts or a
// firewall cannot run.
var indispensable = []string{"SYS_ADMIN", "NET_ADMIN", "SYS_CHROOT", "SETUID", "SETGID"}

// missingCapabilities returns the names of the capabilities that a bounding set
// lacks, given in the hex of /proc/PID/status. Only those up to last count,
// because a capability that the kernel does not have cannot be dropped.
func missingCapabilities(boundingSet string, last int) ([]string, error) {
	set, err := strconv.ParseUint(strings.TrimSpace(boundingSet), 16, 64)
	if err != nil {
		return nil, fmt.Errorf("read a capability set: %w", err)
	}
	var missing []string
	for number, name := range capabilityNames {
		if number <= last && set&(1<<number) == 0 {
			missing = append(missing, name)
		}
	}
	return missing, nil
}
