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
	{HostUnreachable, ExitFailed, "No TCP connection to the host's SSH port could be made.", "check that the host is on, that its address and port in lab.yaml are right, and that you are on its network"},
	{HostTimeout, ExitFailed, "The host accepted a connection but did not answer in time.", "look at the host's load, then run the command again"},
	{HostKeyChanged, ExitFailed, "The host shows another SSH key than the one pinned at first contact. Either it was installed anew, or something else answers at its address.", "if you know why it changed, run `cairn host forget NAME` and connect again; otherwise stop and find out"},
	{HostKeyUnknown, ExitFailed, "The host was never seen before and there is no terminal to show its key on.", "run `cairn host add NAME` in a terminal, or give the key's fingerprint with --fingerprint"},
	{HostLoginRefused, ExitUnauthorised, "The host refused every way of logging in that was offered.", "check the user and the key; on first contact run `cairn host add NAME`, which asks for what is needed, or give --ask-password"},
	{HostNoKey, ExitUnauthorised, "No private key was found to log in with.", "make one with `ssh-keygen -t ed25519`, or name yours as IdentityFile in ~/.ssh/config"},
	{HostNoSudo, ExitUnauthorised, "The login works, but the user may not become root without a password.", "give --ask-sudo-password; Cairn then asks for sudo's password, or for root's where the user has no sudo"},
	{HostNoShell, ExitUnauthorised, "The host lets the user in, and something else than a shell answers: a command that is forced on the login, a menu, or a start file of the shell that ends or replaces it.", "log in as another user with --first-user NAME, or free this login of what answers in the shell's place"},
	{HostFirstLogins, ExitFailed, "The file of first logins, which `cairn host add` keeps, cannot be used.", "remove .cairn/first-logins.json, then run `cairn host add` for the hosts that are new"},
	{HostUnsupported, ExitFailed, "The host's operating system or processor is not one that Cairn can manage.", "use one of these, on amd64 or arm64: " + distro.Supported()},
	{HostAgentUpload, ExitFailed, "The agent could not be put on the host.", "make sure /var/lib/cairn or /run on the host is writable by root and allows programs to run"},
	{HostDiskFull, ExitFailed, "The host has no space left.", "free some space on the host; nothing half-written was left behind"},
	{HostConnection, ExitFailed, "The connection to the host broke. Work that had begun on the host goes on without it.", "run `cairn up` again: it attaches to the work that goes on"},
	{HostSSHConfig, ExitFailed, "The SSH client configuration cannot be used.", "fix the line of ~/.ssh/config that the cause names"},
	{HostAgentBroken, ExitFailed, "The agent on the host answered something that Cairn does not understand.", "run the command again; if it stays, `cairn host purge NAME` removes the agent and the next run brings a new one"},
	{HostPromptNeeded, ExitUnauthorised, "A password is needed and there is no terminal to ask for it.", "run the command in a terminal"},
	{HostKnownHostsBad, ExitFailed, "The file of pinned host keys cannot be read.", "fix or remove the line named, or restore .cairn/known_hosts from git"},
}
