package problem

// Problems of the lab file.
const (
	LabMissing   Code = "lab.missing"
	LabSyntax    Code = "lab.syntax"
	LabInvalid   Code = "lab.invalid"
	LabUnknown   Code = "lab.unknown-name"
	LabExists    Code = "lab.exists"
	LabNotReady  Code = "lab.not-available-yet"
	LabUnwritten Code = "lab.not-written"
	RoadmapWrong Code = "roadmap.invalid"
	CatalogWrong Code = "catalog.invalid"
	// LockInvalid: cairn.lock, which names the digests of images, is wrong.
	LockInvalid Code = "lock.invalid"
	// ComposeWrong: a Compose file of the owner's cannot become a service as it is.
	ComposeWrong Code = "compose.invalid"

	CatalogUnknown Code = "catalog.unknown-service"

	ServiceNoRoom   Code = "service.no-room"
	ServiceConflict Code = "service.conflict"
	ServiceMissing  Code = "service.missing"
	ServiceThere    Code = "service.there-already"

	ServiceNoAddress Code = "service.no-address"
	ServiceNoEarlier Code = "service.no-earlier-image"
)

// What can be wrong at one place of the lab file. They come as a list, under
// LabInvalid.
const (
	LabUnknownKey Code = "lab.unknown-key"
	LabMissingKey Code = "lab.missing-key"
	LabWrongType  Code = "lab.wrong-type"
	LabBadValue   Code = "lab.bad-value"
	LabDuplicate  Code = "lab.duplicate"
	LabConflict   Code = "lab.conflict"
	LabUnsafe     Code = "lab.unsafe"
	LabNoKey      Code = "lab.no-key"
	LabExpired    Code = "lab.expired"
)

var labEntries = []Entry{
	{Code: LabMissing, Exit: ExitFailed, Meaning: "There is no lab.yaml here or in a folder above.", Fix: "run `cairn init` to write one, or name yours with --lab"},
	{Code: LabSyntax, Exit: ExitFailed, Meaning: "The lab file is not valid YAML.", Fix: "fix the place named"},
	{Code: LabInvalid, Exit: ExitFailed, Meaning: "The lab file says something that is not possible.", Fix: "fix the places named, then run `cairn validate`"},
	{Code: LabUnknown, Exit: ExitFailed, Meaning: "No host, stage, task, milestone, checkpoint, criterion or code has that name.", Fix: "run `cairn task list` to see the tasks, or `cairn export roadmap` to see all names"},
	{Code: LabExists, Exit: ExitFailed, Meaning: "There is a lab file already, and Cairn does not overwrite it.", Fix: "edit it, or run `cairn init` in another folder"},
	{Code: LabNotReady, Exit: ExitFailed, Meaning: "The lab asks for something that this version of Cairn cannot do yet.", Fix: "take it out of lab.yaml for now"},
	{Code: LabUnwritten, Exit: ExitFailed, Meaning: "Cairn cannot add a line to lab.yaml in the style of the file.", Fix: "add the line yourself, as the message says"},
	{Code: LabUnknownKey, Exit: ExitFailed, Meaning: "The lab file has an unknown key.", Fix: "write the key as the message suggests, or take it out"},
	{Code: LabMissingKey, Exit: ExitFailed, Meaning: "The lab file lacks something that Cairn must know.", Fix: "add the key named"},
	{Code: LabWrongType, Exit: ExitFailed, Meaning: "A value in the lab file has the wrong type for its key.", Fix: "write it as the message says; quotes make text of a number"},
	{Code: LabBadValue, Exit: ExitFailed, Meaning: "A value in the lab file has the wrong form for its key.", Fix: "write it as the message says"},
	{Code: LabDuplicate, Exit: ExitFailed, Meaning: "The lab file says the same thing twice.", Fix: "keep one of the two"},
	{Code: LabConflict, Exit: ExitFailed, Meaning: "Two entries of the lab file contradict each other.", Fix: "change one of the two"},
	{Code: LabUnsafe, Exit: ExitFailed, Meaning: "The lab file would open the lab to strangers, or lock you out of it.", Fix: "the message says what would be safe"},
	{Code: LabNoKey, Exit: ExitFailed, Meaning: "The key that the lab file names is not on this machine. So you cannot log in to any host from here.", Fix: "name a key that is here, or take `ssh.key` out: Cairn then uses what your own ssh offers"},
	{Code: LabExpired, Exit: ExitFailed, Meaning: "A day that the lab file names has passed. This is a warning: commands go on.", Fix: "give a later day, or take the entry out"},
	{Code: CatalogUnknown, Exit: ExitFailed, Meaning: "The catalog has no service of that name.", Fix: "run `cairn service list` to see all"},
	{Code: ServiceNoRoom, Exit: ExitFailed, Meaning: "No host has what a service needs.", Fix: "give it a larger host with `on`, or leave another service out"},
	{Code: ServiceConflict, Exit: ExitFailed, Meaning: "Two services want the same name or the same port.", Fix: "the message says which; put one of them on another host, or leave it out"},
	{Code: ServiceThere, Exit: ExitFailed, Meaning: "The lab file has the service already.", Fix: "change its entry under `services` in lab.yaml"},
	{Code: ServiceNoAddress, Exit: ExitFailed, Meaning: "A service is not made for a browser.", Fix: "`cairn service show NAME` tells its ports"},
	{Code: ServiceNoEarlier, Exit: ExitFailed, Meaning: "No image of the service was replaced by an upgrade.", Fix: "to go back over a version, use the version of Cairn before, or take cairn.lock from git"},
	{Code: ServiceMissing, Exit: ExitFailed, Meaning: "The lab file does not have a service that was named, or that another one uses.", Fix: "add it under `services` in lab.yaml"},
	{Code: CatalogWrong, Exit: ExitFailed, Meaning: "A service of a catalog is wrong.", Fix: "fix the places named; if they are not yours, please report them"},
	{Code: LockInvalid, Exit: ExitFailed, Meaning: "cairn.lock is wrong. It names the images that your services run.", Fix: "fix the places named, or take the version of the file that git has"},
	{Code: ComposeWrong, Exit: ExitFailed, Meaning: "A Compose file of your own cannot become a service as it is.", Fix: "change the places named; `cairn service add --compose FILE --dry-run` shows everything that Cairn makes of the file"},
	{Code: RoadmapWrong, Exit: ExitFailed, Meaning: "The roadmap contradicts itself.", Fix: "this is a fault in Cairn: please report it"},
}
