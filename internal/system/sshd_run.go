package system

import "os"

// SSHD is the SSH server, which insists on being called by its full path.
const SSHD = "/usr/sbin/sshd"

// PrepareSSHD makes the directory without which sshd does nothing at all, not even
// tell its configuration. Its unit makes it and takes it away again, so where a
// socket starts the server it is not there before the first login (ssh.service,
// RuntimeDirectory). That it cannot be made, sshd itself says.
func PrepareSSHD() { _ = os.Mkdir("/run/sshd", 0o755) }
