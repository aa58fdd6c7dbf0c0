package problem

var hostBackground = map[Code]Background{
	HostUnreachable: {
		Why:   "The host is off, or has another address or network. Or a firewall in between drops the connection. A server that has seen several failed logins also turns a client away for some minutes.",
		See:   "Run `ping ADDRESS` and `ssh -v USER@ADDRESS` from this machine. At the host's console, `ip address` shows its addresses and `ss -tln` shows whether sshd listens.",
		Other: "If you are locked out, work at the console as [locked out](../how-to/locked-out.md) says.",
	},
	HostTimeout: {
		Why:   "The host is overloaded, swaps, or waits for a name server that does not answer. A login that asks a directory service can hang too.",
		See:   "Time `ssh USER@ADDRESS true`. At the console, `uptime` and `journalctl -u ssh -n 50` show load and what sshd waits for.",
		Other: "Restart the host from its console. A guarded change that nobody confirmed is put back at the next start.",
	},
	HostKeyChanged: {
		Why:   "The host was reinstalled, its key was replaced, or another machine has its address now. In the worst case somebody stands in between.",
		See:   "Compare the fingerprint in the message with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` at the host's own console.",
		Other: "If another machine took the address, correct `address` in lab.yaml instead of forgetting the key.",
	},
	HostKeyUnknown: {
		Why:   "Cairn pins a host's key at first contact, and a person has to see it then. A script or a pipe has no terminal.",
		See:   "At the host's console, `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints the fingerprint.",
		Other: "Put the fingerprint that you read there into `--fingerprint SHA256:...` of the same command.",
	},
	HostLoginRefused: {
		Why:   "The user does not exist there, or its `authorized_keys` lacks the key. Or the server allows neither key nor password. Cairn tries what your own `ssh` would try.",
		See:   "Run `ssh -v USER@ADDRESS`, which names each key it offers. At the console, `journalctl -u ssh -n 50` says why sshd refused.",
		Other: "Name another first login with `--first-user`, or the right key as `ssh.key` in lab.yaml.",
	},
	HostNoKey: {
		Why:   "Your `ssh` offers no key for this host: no agent runs, there is no key file, or you gave no passphrase.",
		See:   "`ssh-add -l` lists the agent's keys. `ssh -G ADDRESS | grep identityfile` lists the files that ssh would try.",
		Other: "Load the key into your agent with `ssh-add FILE`, then run the command again.",
	},
	HostNoSudo: {
		Why:   "Sudo is not installed, asks for a password, or does not let the user in.",
		See:   "Log in as that user and run `sudo -n true`. `sudo -l` lists what it may do.",
		Other: "At the console, as root: `usermod -aG sudo USER`. Then log in again.",
	},
	HostNoShell: {
		Why:   "There is `command=` before the key in `authorized_keys`, a `ForceCommand` of sshd, a menu such as a router's, or an `exec` in `.bashrc`.",
		See:   "Run `ssh USER@ADDRESS 'echo hello'`. If something other than `hello` appears, it answers instead of a shell.",
		Other: "If the machine is an appliance with a menu, take it out of lab.yaml: Cairn cannot manage it.",
	},
	HostFirstLogins: {
		Why:   "The file was edited by hand, cut short by a full disk, or belongs to another user.",
		See:   "Look at `.cairn/first-logins.json` beside lab.yaml. It holds no passwords.",
		Other: "Give the first login on the command line instead: `--first-user HOST=NAME`.",
	},
	HostUnsupported: {
		Why:   "Cairn knows the paths, packages and units of few distributions, so it refuses to guess on others.",
		See:   "On the host, `cat /etc/os-release` and `uname -m` say what it is.",
		Other: "Use the host only to look from: `roles: [vantage]` in lab.yaml needs nothing but SSH.",
	},
	HostAgentUpload: {
		Why:   "No folder on the host can hold the agent: `/var/lib/cairn` and `/run` are read-only, full, or mounted with `noexec`.",
		See:   "On the host, `df -h /var/lib /run` and `findmnt -T /var/lib/cairn` show room and mount options.",
		Other: "Mount `/var/lib` without `noexec`, or make `/var/lib/cairn` a mount of its own that allows programs.",
	},
	HostDiskFull: {
		Why:   "Logs, images or packages filled the file system that Cairn has to write to. A disk without free inodes looks the same.",
		See:   "On the host, `df -h`, `df -i` and `du -xh / | sort -h | tail` show where the room went.",
		Other: "Make room quickly with `apt-get clean` and `journalctl --vacuum-size=200M`, then run the command again.",
	},
	HostConnection: {
		Why:   "The network broke off, the host restarted, or sshd ended the session. The work on the host goes on without the connection.",
		See:   "Run `cairn status` for the run that goes on. On the host, `systemctl list-units 'cairn-*'` shows it.",
		Other: "Do nothing: the host itself puts back a guarded change that nobody confirms in time.",
	},
	HostSSHConfig: {
		Why:   "`ssh -G` refused your configuration, or `ProxyJump` leads in a circle. Or there is a `Match`, which only OpenSSH's client can judge.",
		See:   "Run `ssh -G ADDRESS`, which prints the error with file and line.",
		Other: "Add a `Host` entry for the host above the line in question: ssh uses the first value.",
	},
	HostAgentBroken: {
		Why:   "The agent's file on the host is damaged, or something prints into the session, for instance `.bashrc`.",
		See:   "Run `ssh USER@ADDRESS true`. It must print nothing.",
		Other: "Move what prints out of `.bashrc` and `.profile`, or let it print in interactive shells only.",
	},
	HostPromptNeeded: {
		Why:   "Somebody must type a password or passphrase, but the command runs in a script, a timer or a pipe.",
		See:   "The message names the host and the password that is missing.",
		Other: "Load the key into an SSH agent beforehand. Then nobody has to type a passphrase.",
	},
	HostKnownHostsBad: {
		Why:   "The file was edited by hand or cut short.",
		See:   "Open the line of `.cairn/known_hosts` that the message names. Each line is `NAME TYPE KEY`.",
		Other: "Run `cairn host forget NAME` for that host, and compare its key again at the next contact.",
	},
}
