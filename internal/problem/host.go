package problem

import "cairn/internal/distro"

// Problems of reaching a host.
const (
	HostUnreachable   Code = "host.unreachable"
	HostTimeout       Code = "host.timeout"
	HostKeyChanged    Code = "host.key-changed"
	HostKeyUnknown    Code = "host.key-unknown"
	HostLoginRefused  Code = "host.login-refused"
	HostNoKey         Code = "host.no-key"
	HostNoSudo        Code = "host.no-sudo"
	HostNoShell       Code = "host.no-shell"
	HostFirstLogins   Code = "host.first-logins"
	HostUnsupported   Code = "host.unsupported"
	HostAgentUpload   Code = "host.agent-upload"
	HostDiskFull      Code = "host.disk-full"
	HostConnection    Code = "host.connection-lost"
	HostSSHConfig     Code = "host.ssh-config"
	HostAgentBroken   Code = "host.agent-broken"
	HostPromptNeeded  Code = "host.prompt-needed"
	HostKnownHostsBad Code = "host.known-hosts-corrupt"
)

var hostEntries = []Entry{
	{Code: HostUnreachable, Exit: ExitFailed, Meaning: "Cairn could not connect to the host's SSH port.", Fix: "check that the host is on, that lab.yaml has its right address and port, and that you are on its network"},
	{Code: HostTimeout, Exit: ExitFailed, Meaning: "The host accepted a connection but did not answer in time.", Fix: "look at the host's load, then run the command again"},
	{Code: HostKeyChanged, Exit: ExitFailed, Meaning: "The host shows another SSH key than the one pinned at first contact. Either it was reinstalled, or something else answers at its address.", Fix: "if you know why it changed, run `cairn host forget NAME` and connect again; otherwise stop and find out"},
	{Code: HostKeyUnknown, Exit: ExitFailed, Meaning: "The host was never seen before and there is no terminal to show its key on.", Fix: "run `cairn host add NAME` in a terminal, or give the key's fingerprint with --fingerprint"},
	{Code: HostLoginRefused, Exit: ExitUnauthorised, Meaning: "The host refused every way of logging in that was offered.", Fix: "check the user and the key. On first contact run `cairn host add NAME`, which asks for passwords, or give --ask-password"},
	{Code: HostNoKey, Exit: ExitUnauthorised, Meaning: "No private key was found to log in with.", Fix: "make one with `ssh-keygen -t ed25519`, or name yours as IdentityFile in ~/.ssh/config"},
	{Code: HostNoSudo, Exit: ExitUnauthorised, Meaning: "The login works, but the user may not become root without a password.", Fix: "give --ask-sudo-password; Cairn then asks for the sudo password, or for root's if the user has no sudo"},
	{Code: HostNoShell, Exit: ExitUnauthorised, Meaning: "The host lets the user in, but no shell answers. The login has a forced command or a menu, or a start file ends or replaces the shell.", Fix: "log in as another user with --first-user NAME, or remove what answers this login instead of a shell"},
	{Code: HostFirstLogins, Exit: ExitFailed, Meaning: "The file of first logins, which `cairn host add` keeps, cannot be used.", Fix: "remove .cairn/first-logins.json, then run `cairn host add` for each new host"},
	{Code: HostUnsupported, Exit: ExitFailed, Meaning: "Cairn cannot manage the host's operating system or processor.", Fix: "use one of these, on amd64 or arm64: " + distro.Supported()},
	{Code: HostAgentUpload, Exit: ExitFailed, Meaning: "Cairn could not copy its agent to the host.", Fix: "make sure /var/lib/cairn or /run on the host is writable by root and allows programs to run"},
	{Code: HostDiskFull, Exit: ExitFailed, Meaning: "The host has no space left.", Fix: "free some space on the host; nothing half-written was left behind"},
	{Code: HostConnection, Exit: ExitFailed, Meaning: "The connection to the host broke. Work that had begun on the host goes on without it.", Fix: "run `cairn up` again: it attaches to that work"},
	{Code: HostSSHConfig, Exit: ExitFailed, Meaning: "The SSH client configuration cannot be used.", Fix: "fix the line of ~/.ssh/config that the cause names"},
	{Code: HostAgentBroken, Exit: ExitFailed, Meaning: "The agent on the host answered something that Cairn does not understand.", Fix: "run the command again. If that does not help, run `cairn host purge NAME`; the next run brings a new agent"},
	{Code: HostPromptNeeded, Exit: ExitUnauthorised, Meaning: "A password is needed and there is no terminal to ask for it.", Fix: "run the command in a terminal"},
	{Code: HostKnownHostsBad, Exit: ExitFailed, Meaning: "The file of pinned host keys cannot be read.", Fix: "fix or remove the line named, or restore .cairn/known_hosts from git"},
}
