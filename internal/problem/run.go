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

	CommandHung Code = "command.hung"
)

var runEntries = []Entry{
	{RunLocked, ExitLocked, "Another run is changing this lab or this host.", "wait for it to end; `cairn status` shows it"},
	{RunFenced, ExitLocked, "A newer run has taken over this host, so this one may not change it any more.", "run `cairn up` again"},
	{RunStalePlan, ExitFailed, "The plan was made from another state than the one found now.", "make a new plan with `cairn plan`"},
	{RunNeedsYes, ExitFailed, "There is no terminal to ask for your consent on.", "add --yes, or apply a saved plan with --plan FILE"},
	{RunFailed, ExitFailed, "A step on a host failed. What was done before it stays done.", "fix the cause above, then run `cairn up` again: it goes on from there"},
	{RunCancelled, ExitCancelled, "The command was interrupted.", "run `cairn up` again: it goes on where it was"},
	{RunUnproven, ExitUnproven, "A required checkpoint is not proven.", "run `cairn explain` with its name"},
	{ResourceFailed, ExitFailed, "A part of a host could not be read or changed.", "fix the cause above, then run `cairn up` again"},
	{ResourceStale, ExitFailed, "The host changed between the plan and its application.", "run `cairn up` again: it plans anew"},
	{PackageDisplaces, ExitFailed, "A package that Cairn needs does not go with one that is installed, and which of the two stays is yours to decide.", "install the first package yourself, which removes the other, or say in lab.yaml below `choose` which you want"},
	{PackageSource, ExitFailed, "The host's package manager could not read a repository, and what Cairn needs is not in the others.", "fix the cause above, then run `cairn up` again"},
	{PackageLocked, ExitFailed, "Another program on the host kept its package manager locked for longer than Cairn waits.", "look on the host at what that program does, and let it end; then run `cairn up` again"},
	{PackageMirror, ExitFailed, "A mirror of the host's package manager takes connections and sends nothing.", "name another mirror below /etc/apt/sources.list.d on the host, or wait until this one works; then run `cairn up` again"},
	{CommandHung, ExitFailed, "A program on a host said nothing for longer than its kind ever takes, and was ended with all that it had started.", "look on the host at that program and at what it waits for; then run `cairn up` again"},
	{ResourceBad, ExitFailed, "A unit of host state is described wrongly.", "this is a fault in Cairn or in the catalog: please report it"},
}
