package problem

var rehearsalBackground = map[Code]Background{
	RehearsalNoDocker: {
		Why:   "Docker is not installed or not started, or its socket is elsewhere.",
		See:   "`docker info` says whether an Engine answers.",
		Other: "Set `DOCKER_HOST` to an Engine on another machine of yours.",
	},
	RehearsalNoRights: {
		Why:   "Docker's socket belongs to root and its group. A user of that socket is as good as root on this machine.",
		See:   "`ls -l /var/run/docker.sock` shows the group, `id` shows whether you are in it.",
		Other: "Run the one command with sudo, without joining the group.",
	},
	RehearsalNoSystemd: {
		Why:   "The throw-away hosts are whole systems. Some kernels, container sandboxes and security settings do not allow them.",
		See:   "The message says which of the measurements failed.",
		Other: "Rehearse inside a virtual machine that has Docker.",
	},
	RehearsalNoImage: {
		Why:   "Neither the mirror of the packages nor the registry could be reached, or the disk is full.",
		See:   "The message has the last lines of the build.",
		Other: "Build it once where there is internet, and bring it here with `docker save` and `docker load`.",
	},
	RehearsalNoNetwork: {
		Why:   "The lab's address range is already used by another Docker network or by a network of this machine.",
		See:   "`docker network ls` and `ip route` show what uses it.",
		Other: "Rehearse a copy of the lab file with another `cidr`.",
	},
	RehearsalNoRoom: {
		Why:   "Each throw-away host needs memory and some of the kernel's watch instances.",
		See:   "The message gives the numbers: what there is and what the lab needs.",
		Other: "Rehearse on a larger machine.",
	},
	RehearsalNoStandIn: {
		Why:   "Docker Hub cannot be reached from this machine. Cairn then makes stand-ins from packages that can be had, and it has those of a few images only.",
		See:   "`curl https://registry-1.docker.io/v2/` says whether Docker Hub answers. The message names the image, or the step that failed.",
		Other: "Rehearse a copy of the lab file without that service.",
	},
	RehearsalHostFailed: {
		Why:   "A service of the throw-away host failed at start, or the machine is too busy.",
		See:   "`docker exec NAME systemctl --failed` shows the service.",
		Other: "Remove what is left with `cairn rehearse --sweep`, then try again when the machine is idle.",
	},
}
