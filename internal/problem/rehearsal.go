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
	RehearsalHostFailed Code = "rehearsal.host-failed"
)

var rehearsalEntries = []Entry{
	{RehearsalNoDocker, ExitFailed, "No Docker Engine answers on this machine.", "install and start Docker, or set DOCKER_HOST"},
	{RehearsalNoRights, ExitUnauthorised, "You may not use the Docker Engine of this machine.", "run as a user of the docker group"},
	{RehearsalNoSystemd, ExitFailed, "A container on this machine cannot run systemd as its first process.", "see the reason; a virtual machine with Docker will do"},
	{RehearsalNoImage, ExitFailed, "The base image of the throw-away hosts could not be made.", "see the reason; it is made from the packages of " + distro.Rehearsed.Name + " or from " + distro.Rehearsed.Registry},
	{RehearsalNoNetwork, ExitFailed, "The throw-away network could not be made.", "free the address range named, or remove old networks with `docker network prune`"},
	{RehearsalNoRoom, ExitFailed, "So many throw-away hosts do not fit on this machine.", "allow more as the message says, or rehearse a lab with fewer hosts"},
	{RehearsalHostFailed, ExitFailed, "A throw-away host did not come up.", "run again with --keep and look at it with `docker logs`"},
}
