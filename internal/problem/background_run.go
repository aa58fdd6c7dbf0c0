package problem

var runBackground = map[Code]Background{
	RunLocked: {
		Why:   "Another `cairn` in this lab's folder is at work, perhaps in another terminal or a timer.",
		See:   "The message names the process. `cairn status` shows what it does.",
		Other: "If that process hangs, end it with Ctrl-C or `kill`. The lock goes with it.",
	},
	RunFenced: {
		Why:   "Another controller, or a copy of this lab, changed the host after this run began.",
		See:   "`cairn status` shows the newest run of this lab.",
		Other: "Use one controller for a host. If you moved the lab, remove the old copy.",
	},
	RunStalePlan: {
		Why:   "Between `cairn plan --out` and `cairn up --plan`, lab.yaml or a host changed. A saved plan is carried out exactly, or not at all.",
		See:   "Make a new plan and compare it with the old one.",
		Other: "Run `cairn up` without `--plan`: it shows the plan of this moment and asks.",
	},
	RunNeedsYes: {
		Why:   "The command changes hosts and asks first. In a script or a pipe nobody can answer.",
		See:   "`cairn plan` shows what it would do.",
		Other: "Run the command in a terminal.",
	},
	RunFailed: {
		Why:   "A command on the host failed, or a file was not what the step expects. What depends on the step was left out.",
		See:   "The message names the step and has the last lines of its output. `cairn explain` with the task's name shows the rest.",
		Other: "Repair that part by hand on the host. Cairn sees that it is as declared, and goes on.",
	},
	RunCancelled: {
		Why:   "Somebody pressed Ctrl-C, or the program got a signal to end.",
		See:   "The last lines say in which state each host is. `cairn status` repeats it.",
		Other: "Do nothing: the host itself puts back a guarded change that nobody confirms.",
	},
	RunUnproven: {
		Why:   "A probe refuted the checkpoint, or could not look at it.",
		See:   "`cairn explain` with the checkpoint's name shows what was seen, where and when.",
		Other: "If you know better and can live with it, put a waiver with a last day into lab.yaml.",
	},
	ResourceFailed: {
		Why:   "A command failed, a file is in the way, or the host does not allow the change.",
		See:   "The cause is above, with the last lines of what the command said.",
		Other: "Make that change by hand on the host, then run `cairn up`: it sees that nothing is left to do.",
	},
	ResourceStale: {
		Why:   "Somebody or something on the host changed the same thing in the meantime, for instance another configuration tool.",
		See:   "`cairn plan` shows the present difference.",
		Other: "If another tool manages it, let one of the two do it.",
	},
	ResourceBad: {
		Why:   "Cairn's own description of a file, package or setting is wrong. Nothing was changed.",
		See:   "The message names the part.",
		Other: "Leave the task out for now, or use the version before this one.",
	},
	PackageDisplaces: {
		Why:   "Two packages do the same work and exclude each other, such as two time daemons. Cairn removes no package by itself.",
		See:   "On the host, `apt-get --simulate install PACKAGE` shows what would be removed.",
		Other: "Keep what you have: `cairn explain` with the task's name shows whether it can be left out.",
	},
	PackageSource: {
		Why:   "A repository is gone, its key has expired, or the host cannot reach it.",
		See:   "On the host, `apt-get update` shows each repository's answer.",
		Other: "Turn that repository off: put `Enabled: no` into its file in `/etc/apt/sources.list.d`.",
	},
	PackageLocked: {
		Why:   "Automatic updates are running, another apt is open, or one hangs at a question.",
		See:   "On the host, `ps aux | grep -E 'apt|dpkg|unattended'` shows who holds it.",
		Other: "After a crash of apt, `dpkg --configure -a` finishes what was begun.",
	},
	PackageMirror: {
		Why:   "The mirror is overloaded or a proxy in between swallows its answers.",
		See:   "On the host, `apt-get update` stops at that mirror. `curl -v URL` shows how far it gets.",
		Other: "Set `Acquire::http::Timeout \"10\";` in a file in `/etc/apt/apt.conf.d`, so that apt tries the next address sooner.",
	},
	DockerLacks: {
		Why:   "An older release has only version 1 of Compose, which Docker no longer maintains. Or Docker was installed without its plugin for Compose.",
		See:   "On the host, `docker compose version` prints the version of the plugin, if there is one.",
		Other: "Give the host another role than `server` or `worker`, if it needs no containers.",
	},
	DockerRefuses: {
		Why:   "The file is not JSON, or a key in it has a value that this version of Docker does not know.",
		See:   "On the host, `dockerd --validate --config-file /etc/docker/daemon.json` says the same.",
		Other: "Move the file away. Cairn then writes a new one with its own keys.",
	},
	ServiceUnhealthy: {
		Why:   "A container ended, its health check failed, or it did not answer in time. A wrong option, a missing secret or too little memory does that.",
		See:   "The message has the last lines of the container. On the host, `docker logs NAME` shows more while it is there.",
		Other: "Take the change of the service back in lab.yaml. The release before it runs meanwhile.",
	},
	ServiceBroken: {
		Why:   "Docker failed twice: with the new release, and with the one before it. Perhaps the disk is full or Docker itself is not well.",
		See:   "On the host, `docker ps --all` shows the containers, and `journalctl --unit docker` what Docker says.",
		Other: "On the host, `docker compose up -d` in the folder below /opt/cairn starts the service without Cairn.",
	},
	ServiceTaken: {
		Why:   "Somebody made a network of that name by hand. Cairn touches nothing on which its own labels are missing.",
		See:   "On the host, `docker network inspect NAME` shows what is on it.",
		Other: "If nothing needs it, remove it with `docker network rm NAME`.",
	},
	ServiceAbsent: {
		Why:   "The service was added and `cairn up` did not run since, its deployment failed, or somebody removed its containers by hand.",
		See:   "`cairn plan` shows what is missing on the host.",
		Other: "If you do not want it, `cairn service remove NAME` takes it out of lab.yaml.",
	},
	ServiceDown: {
		Why:   "What it reads only when it starts has changed: a file, its data, or something on the network that it needs.",
		See:   "`cairn service logs NAME` shows what it says now.",
		Other: "Run `cairn plan`: if files or containers differ from the lab, `cairn up` puts them right.",
	},
	ImageMissing: {
		Why:   "The tag was removed, was never there, or the mirror does not have it.",
		See:   "On the host, `docker pull IMAGE` says the same.",
		Other: "Put the image onto the host yourself with `docker load`. Cairn takes an image that is there.",
	},
	ImageArchitecture: {
		Why:   "Its makers do not build it for this architecture, such as arm64.",
		See:   "On any machine, `docker manifest inspect IMAGE` lists the architectures.",
		Other: "Use another service for the same purpose.",
	},
	ImageLimit: {
		Why:   "Docker Hub counts what an address fetches. All machines behind your router share that address.",
		See:   "On the host, `docker pull IMAGE` says how long to wait.",
		Other: "Name a mirror with `images` in lab.yaml, or log in on the host with `docker login`.",
	},
	ImageNoSpace: {
		Why:   "The disk with /var/lib/docker is full, often of images that nothing uses any more.",
		See:   "On the host, `df -h /var/lib/docker` shows the space.",
		Other: "Put the service with `on` on a host with more room.",
	},
	ImageUnreachable: {
		Why:   "The host has no way to the internet, name resolution fails, or the registry is down.",
		See:   "On the host, `docker pull IMAGE` says the same; `curl -v https://registry-1.docker.io/v2/` shows how far it gets.",
		Other: "Put the image onto the host yourself with `docker load`. Cairn takes an image that is there.",
	},
	CommandHung: {
		Why:   "The program waits for a lock, a silent network, a dying disk, or an answer to a question that nobody sees.",
		See:   "The message names the program. On the host, `dmesg | tail` shows a failing disk. Run the program by hand to see a question.",
		Other: "Restart the host, then run `cairn up` again.",
	},
}
