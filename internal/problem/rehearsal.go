package problem

import "cairn/internal/distro"

// Problems of a rehearsal.
const (
	RehearsalNoDocker   Code = "rehearsal.no-docker"
	RehearsalNoRights   Code = "rehearsal.no-permission"
	RehearsalNoSystemd  Code = "rehearsal.no-systemd"
	RehearsalNoImage    Code = "rehearsal.no-image"
	RehearsalNoNetwork  Code = "rehearsal.no-network"
	RehearsalNoRoom     Code = "rehearsal.no-room"
	RehearsalNoStandIn  Code = "rehearsal.no-stand-in"
	RehearsalHostFailed Code = "rehearsal.host-failed"
)

var rehearsalEntries = []Entry{
	{Code: RehearsalNoDocker, Exit: ExitFailed, Meaning: "No Docker Engine answers on this machine.", Fix: "install and start Docker, or set DOCKER_HOST"},
	{Code: RehearsalNoRights, Exit: ExitUnauthorised, Meaning: "You may not use the Docker Engine of this machine.", Fix: "run as a user of the docker group"},
	{Code: RehearsalNoSystemd, Exit: ExitFailed, Meaning: "A container on this machine cannot run systemd as its first process.", Fix: "see the reason; a virtual machine with Docker will do"},
	{Code: RehearsalNoImage, Exit: ExitFailed, Meaning: "Cairn could not make the base image of the throw-away hosts.", Fix: "see the reason; it is made from the packages of " + distro.Rehearsed.Name + " or from " + distro.Rehearsed.Registry},
	{Code: RehearsalNoNetwork, Exit: ExitFailed, Meaning: "Cairn could not make the throw-away network.", Fix: "free the address range named, or remove old networks with `docker network prune`"},
	{Code: RehearsalNoRoom, Exit: ExitFailed, Meaning: "This machine has no room for so many throw-away hosts.", Fix: "allow more as the message says, or rehearse a lab with fewer hosts"},
	{Code: RehearsalNoStandIn, Exit: ExitFailed, Meaning: "Without a registry in reach, Cairn cannot make an image that a service of the lab needs.", Fix: "set `images.mirror` in lab.yaml to a registry that can be reached, or rehearse where there is internet"},
	{Code: RehearsalHostFailed, Exit: ExitFailed, Meaning: "A throw-away host did not come up.", Fix: "run again with --keep and look at it with `docker logs`"},
}
