package system

import "os"

// SSHD is the path of the SSH server. sshd must be called by its full path.
const SSHD = "/usr/sbin/sshd"

// PrepareSSHD makes the directory without which sshd does nothing, not even print
// its configuration. The unit ssh.service makes it and removes it again
// (RuntimeDirectory). So where a socket starts the server, the directory is missing
// before the first login. If it cannot be made, sshd reports that.
func PrepareSSHD() { _ = os.Mkdir("/run/sshd", 0o755) }
