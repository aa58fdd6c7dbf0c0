package problem

// Problems of a run.
const (
	RunLocked      Code = "run.locked"
	RunFenced      Code = "run.fenced"
	RunStalePlan   Code = "run.stale-plan"
	RunNeedsYes    Code = "run.needs-yes"
	RunFailed      Code = "run.failed"
	RunCancelled   Code = "run.cancelled"
	RunUnproven    Code = "run.unproven"
	ResourceFailed Code = "resource.failed"
	ResourceStale  Code = "resource.stale"
	ResourceBad    Code = "resource.invalid"

	PackageDisplaces Code = "package.displaces"
	PackageSource    Code = "package.source-failed"
	PackageLocked    Code = "package.locked"
	PackageMirror    Code = "package.mirror-silent"

	DockerLacks   Code = "docker.incomplete"
	DockerRefuses Code = "docker.configuration-refused"

	ServiceUnhealthy  Code = "service.unhealthy"
	ServiceBroken     Code = "service.broken"
	ServiceTaken      Code = "service.name-taken"
	ServiceAbsent     Code = "service.not-deployed"
	ServiceDown       Code = "service.down"
	ImageMissing      Code = "image.missing"
	ImageArchitecture Code = "image.architecture"
	ImageLimit        Code = "image.rate-limited"
	ImageNoSpace      Code = "image.no-space"
	ImageUnreachable  Code = "image.unreachable"

	CommandHung Code = "command.hung"
)

var runEntries = []Entry{
	{Code: RunLocked, Exit: ExitLocked, Meaning: "Another run is changing this lab or this host.", Fix: "wait for it to end; `cairn status` shows it"},
	{Code: RunFenced, Exit: ExitLocked, Meaning: "A newer run has taken over this host, so this one may not change it any more.", Fix: "run `cairn up` again"},
	{Code: RunStalePlan, Exit: ExitFailed, Meaning: "The lab or a host has changed since the plan was made.", Fix: "make a new plan with `cairn plan`"},
	{Code: RunNeedsYes, Exit: ExitFailed, Meaning: "There is no terminal to ask for your consent on.", Fix: "add --yes, or apply a saved plan with --plan FILE"},
	{Code: RunFailed, Exit: ExitFailed, Meaning: "A step on a host failed. What was done before it stays done.", Fix: "fix the cause above, then run `cairn up` again: it goes on from there"},
	{Code: RunCancelled, Exit: ExitCancelled, Meaning: "The command was interrupted.", Fix: "run `cairn up` again: it goes on where it was"},
	{Code: RunUnproven, Exit: ExitUnproven, Meaning: "A required checkpoint is not proven.", Fix: "run `cairn explain` with its name"},
	{Code: ResourceFailed, Exit: ExitFailed, Meaning: "A part of a host could not be read or changed.", Fix: "fix the cause above, then run `cairn up` again"},
	{Code: ResourceStale, Exit: ExitFailed, Meaning: "The host changed between the plan and its application.", Fix: "run `cairn up` again: it makes a new plan"},
	{Code: PackageDisplaces, Exit: ExitFailed, Meaning: "A package that Cairn needs conflicts with an installed one. You decide which of the two stays.", Fix: "install the first package yourself, which removes the other, or say in lab.yaml below `choose` which you want"},
	{Code: PackageSource, Exit: ExitFailed, Meaning: "The host's package manager could not read a repository, and what Cairn needs is not in the others.", Fix: "fix the cause above, then run `cairn up` again"},
	{Code: PackageLocked, Exit: ExitFailed, Meaning: "Another program on the host kept its package manager locked for longer than Cairn waits.", Fix: "look on the host at what that program does, and let it end; then run `cairn up` again"},
	{Code: PackageMirror, Exit: ExitFailed, Meaning: "A mirror of the host's package manager takes connections and sends nothing.", Fix: "name another mirror below /etc/apt/sources.list.d on the host, or wait until this one works; then run `cairn up` again"},
	{Code: DockerLacks, Exit: ExitFailed, Meaning: "A host can get no Docker with Compose v2 from its own packages.", Fix: "move the host to a newer release, or install Docker's own packages on it (https://docs.docker.com/engine/install/). Cairn takes an Engine that is there as it is"},
	{Code: DockerRefuses, Exit: ExitFailed, Meaning: "The Docker Engine does not accept its configuration file, so Cairn put nothing in force.", Fix: "correct the key that the message names in /etc/docker/daemon.json on the host, then run `cairn up` again"},
	{Code: ServiceUnhealthy, Exit: ExitFailed, Meaning: "A new release of a service did not work, so the one before it runs again, if there was one.", Fix: "fix what the last lines of the container say, then run `cairn up` again"},
	{Code: ServiceBroken, Exit: ExitFailed, Meaning: "A new release of a service does not work, and the one before it could not be started again.", Fix: "fix the cause above, then run `cairn up` again"},
	{Code: ServiceTaken, Exit: ExitFailed, Meaning: "Something on the host has a name that Cairn needs, and is not Cairn's.", Fix: "rename or remove it on the host, then run `cairn up` again"},
	{Code: ServiceAbsent, Exit: ExitFailed, Meaning: "lab.yaml has the service, but its host does not run it.", Fix: "run `cairn up`, which deploys it"},
	{Code: ServiceDown, Exit: ExitFailed, Meaning: "A service was started again, and does not work.", Fix: "fix what the last lines of the container say; `cairn service logs NAME` shows more"},
	{Code: ImageMissing, Exit: ExitFailed, Meaning: "A registry does not have the image of a service.", Fix: "check the image's name and tag; with `images` in lab.yaml, check the mirror"},
	{Code: ImageArchitecture, Exit: ExitFailed, Meaning: "An image does not exist for the processor of its host.", Fix: "put the service with `on` on a host of another architecture"},
	{Code: ImageLimit, Exit: ExitFailed, Meaning: "A registry refuses to send an image for now, because it has sent so many.", Fix: "wait an hour, then run `cairn up` again"},
	{Code: ImageNoSpace, Exit: ExitFailed, Meaning: "An image does not fit on the disk of its host.", Fix: "make room on the host: `docker system df` shows what Docker holds, and `docker image prune` removes unused images"},
	{Code: ImageUnreachable, Exit: ExitFailed, Meaning: "An image could not be fetched from its registry.", Fix: "check that the host reaches the registry; without internet, name a mirror with `images` in lab.yaml"},
	{Code: CommandHung, Exit: ExitFailed, Meaning: "A program on a host gave no output for longer than such a program ever takes. Cairn ended it and all that it had started.", Fix: "look on the host at that program and at what it waits for; then run `cairn up` again"},
	{Code: ResourceBad, Exit: ExitFailed, Meaning: "A unit of host state is described wrongly.", Fix: "this is a fault in Cairn or in the catalog: please report it"},
}
