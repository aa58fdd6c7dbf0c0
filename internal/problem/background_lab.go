package problem

var labBackground = map[Code]Background{
	LabMissing: {
		Why:   "The command looks for lab.yaml in this folder and in those above, as git does for its repository.",
		See:   "`pwd` says where you are, and `ls` whether lab.yaml is there.",
		Other: "Change into the lab's folder, then run the command again.",
	},
	LabSyntax: {
		Why:   "Often the indentation is wrong, there is a tab, or a value with `: ` or `#` in it has no quotes.",
		See:   "The message shows the line and marks the place. `cairn validate` names all places.",
		Other: "Take the file back from git: `git checkout lab.yaml`.",
	},
	LabInvalid: {
		Why:   "Several places of the file are wrong, and each is named above.",
		See:   "`cairn validate` names them all, with line and column.",
		Other: "Compare with the [reference of the lab file](lab-file.md), or with a new one: `cairn init` in an empty folder.",
	},
	LabUnknown: {
		Why:   "A typing error, a name of another lab, or an id of another version of the roadmap.",
		See:   "`cairn task list` shows tasks with their ids. `cairn export roadmap` has all names.",
		Other: "Let your shell complete the name: `cairn completion --help`.",
	},
	LabExists: {
		Why:   "`cairn init` never overwrites a file.",
		See:   "`cat lab.yaml` shows what is there.",
		Other: "If you want a new one here, move the old one away first.",
	},
	LabNotReady: {
		Why:   "The roadmap and the lab file know more than this version can do.",
		See:   "The message names the key. [What works today](../../README.md#what-works-today) lists the rest.",
		Other: "Do that part by hand for now. Where the roadmap takes your word for it: `cairn task done`.",
	},
	LabUnwritten: {
		Why:   "Cairn changes lab.yaml only where it can keep your comments and your way of writing. Aliases, merged keys and lists on one line are left alone.",
		See:   "The message shows the line and the host it is for.",
		Other: "Write the host as plain keys with one on each line, then run the command again.",
	},
	LabUnknownKey: {
		Why:   "A typing error, a key in the wrong place, or a key of a newer version.",
		See:   "The message gives line and column and the key that was probably meant.",
		Other: "Look the key up in the [reference of the lab file](lab-file.md).",
	},
	LabMissingKey: {
		Why:   "The key has no default that would be right for everybody.",
		See:   "The message gives the line of the part that lacks the key.",
		Other: "Look at an example of that part in the [reference of the lab file](lab-file.md).",
	},
	LabWrongType: {
		Why:   "YAML takes `yes`, `on`, `1.10` and `0123` for something other than text.",
		See:   "The message says what is there and what the key takes.",
		Other: "Put the value into quotes, or take the quotes away from a number.",
	},
	LabBadValue: {
		Why:   "The value has the right type but the wrong form, for instance for an address, a port or a name.",
		See:   "The message says which form is expected and often what was probably meant.",
		Other: "Take the key out where it has a default: the [reference of the lab file](lab-file.md) lists defaults.",
	},
	LabDuplicate: {
		Why:   "Two hosts, addresses, ports or waivers are the same, often after copying a block.",
		See:   "The message names both places.",
		Other: "If you meant two different things, give the second one a name or address of its own.",
	},
	LabConflict: {
		Why:   "Each value alone is fine, but together they contradict each other.",
		See:   "The message names both keys.",
		Other: "Take one of them out, so that its default counts.",
	},
	LabUnsafe: {
		Why:   "The lab file would open SSH to the whole internet, close it to you, or make root your account.",
		See:   "The message names the line and what is safe.",
		Other: "Ask for less: name the single address that you administer from.",
	},
	LabNoKey: {
		Why:   "The lab was copied to another machine, the key was moved, or the path is spelt wrongly.",
		See:   "`ls -l ~/.ssh` shows the keys that are here.",
		Other: "Copy the key to this machine, with mode 0600.",
	},
	LabExpired: {
		Why:   "A waiver has a last day, so that nobody forgets it for ever. That day is over.",
		See:   "`cairn explain` with the checkpoint's name shows what is not proven now.",
		Other: "Make the checkpoint hold, so that it needs no waiver.",
	},
	ServiceNoRoom: {
		Why:   "The services of a host need more memory than the lab file declares for it. The system keeps 512 MiB of that. Or no host has the role that a service asks for.",
		See:   "The message has the numbers. `cairn service list` shows what each service needs.",
		Other: "Declare more memory under `hardware` if the host has it: Cairn verifies that.",
	},
	ServiceConflict: {
		Why:   "Each route has one name in the lab's domain, and each port of a host one service.",
		See:   "`cairn service show NAME` tells the routes and ports of a service.",
		Other: "Run one of the two from a Compose file of your own, with another name or port.",
	},
	ServiceThere: {
		Why:   "You or somebody else added it before. A lab has each service once.",
		See:   "`cairn service list` shows the lab's services and where they run.",
		Other: "Put a copy of its folder under another name into `catalog/` beside lab.yaml, if you need it twice.",
	},
	ServiceNoAddress: {
		Why:   "Some services answer other programs only, such as a database or a name server.",
		See:   "`cairn service show NAME` tells what it is and how it is reached.",
		Other: "A service of your own has an address once its `service.yaml` declares `http`.",
	},
	ServiceMissing: {
		Why:   "A service of the catalog names others that must run before it, such as its database.",
		See:   "`cairn service show NAME` tells what it uses.",
		Other: "Leave the service out.",
	},
	CatalogUnknown: {
		Why:   "The name is misspelled, or the service comes with a newer version of Cairn.",
		See:   "`cairn service list` shows the services of this version, and those of your own `catalog/`.",
		Other: "Run it from a Compose file of your own: `compose` in the lab file.",
	},
	CatalogWrong: {
		Why:   "A service contradicts itself. It has an unknown key, names a container that is not in `compose.yaml`, or has a volume that nobody backs up.",
		See:   "The message names the file, the line and what was expected there.",
		Other: "Move the folder out of `catalog/` until it is right. The other services are not affected.",
	},
	ServiceNoEarlier: {
		Why:   "`cairn service rollback` takes what `cairn service upgrade` replaced, and no upgrade has replaced anything.",
		See:   "`before` in cairn.lock has the images that a rollback takes.",
		Other: "Write an earlier digest into cairn.lock by hand, and run `cairn up`.",
	},
	LockInvalid: {
		Why:   "Somebody changed the file by hand, or git left a conflict in it.",
		See:   "The message names the line. Each entry is the name of an image and its digest.",
		Other: "Remove the entry. The next `cairn up` writes down what the hosts run. Without the whole file, each image may come in another version.",
	},
	ComposeWrong: {
		Why:   "The file is not right, or it says what no service may do. Examples are power over the host, an image without a version, and a secret among arguments.",
		See:   "`cairn service add --compose FILE --dry-run` shows the service, its files and all warnings, and changes nothing.",
		Other: "Write the service's folder in `catalog/` by hand: docs/reference/catalog.md has the keys.",
	},
	RoadmapWrong: {
		Why:   "The roadmap inside the program contradicts itself. Its tests should have found that.",
		See:   "The message names the place in the roadmap.",
		Other: "Use the version before this one until it is fixed.",
	},
}
