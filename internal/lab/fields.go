package lab

import (
	"fmt"

	"cairn/internal/document"
)

// Defaults.
const (
	defaultTimezone = "Etc/UTC"
	defaultWorkflow = Hybrid
	defaultPort     = 22
	defaultUser     = "ops"
	defaultRole     = Server

	defaultKeep       = "400d" // a year, and something to compare it with
	defaultForwarding = ForwardNone
	domainOfLabs      = "home.arpa" // for names within a home (RFC 8375)
)

var workflows = optionForm("a workflow", string(Waterfall), string(Agile), string(Hybrid))

var roles = optionForm("a role", string(Server), string(Worker), string(Storage), string(GPU), string(VantageRole))

var hostForm = document.LabelForm("a host's name", "atlas", reservedHosts)

var labNameForm = document.LabelForm("a lab's name", "home", nil)

// labShape describes everything that a lab file may contain.
func labShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "lab", Required: true, Shape: document.Words(labNameForm), Doc: "The lab's name."},
		document.Key{Name: "domain", Fallback: "`LAB." + domainOfLabs + "`", Shape: document.Words(domainForm),
			Doc: "The domain that services get their names in: `SERVICE.DOMAIN`. Names under `home.arpa` are meant for this (RFC 8375) and belong to nobody."},
		document.Key{Name: "timezone", Fallback: document.AsCode(defaultTimezone), Shape: document.Words(timezoneForm), Doc: "The time zone that the hosts are set to."},
		document.Key{Name: "workflow", Fallback: document.AsCode(string(defaultWorkflow)), Shape: document.Words(workflows),
			Doc: "How strictly stages gate. `waterfall`: a stage opens when the one before it met its exit criteria. `agile`: only dependencies between tasks gate. `hybrid`: the first stage gates everything, later only dependencies do."},
		document.Key{Name: "ssh", Shape: sshShape(), Doc: "How you log in to the hosts."},
		document.Key{Name: "network", Required: true, Shape: networkShape(), Doc: "The network that the hosts are on, and who administers them."},
		document.Key{Name: "networks", Shape: document.Named(document.LabelForm("a network's name", "iot", nil), document.Keyed(subnetKeys()...)),
			Doc: "Further networks, by name, such as other VLANs. A host is on the network that its address lies in. Your router passes traffic between them."},
		document.Key{Name: "hosts", Required: true, Shape: hostsShape(), Doc: "The machines, by name."},
		document.Key{Name: "choose", Shape: chooseShape(), Doc: "The choices that the roadmap leaves to you. Each has a default."},
		document.Key{Name: "services", Shape: servicesShape(), Doc: "What to run on the lab, by name: services of Cairn's catalog, or your own."},
		document.Key{Name: "images", Shape: imagesShape(), Doc: "Where the hosts get the images of containers from."},
		document.Key{Name: "secrets", Shape: secretsShape(), Doc: "Who can read the lab's secrets. They are encrypted and lie beside this file, in `secrets`."},
		document.Key{Name: "journal", Shape: journalShape(), Doc: "How long the record of all events is kept."},
		document.Key{Name: "waivers", Shape: document.ListOf(waiverShape()), Doc: "Checkpoints that need no proof for a time."},
	)
}

var forwardings = optionForm("what is forwarded", string(ForwardNone), string(ForwardLocal), string(ForwardAll))

func sshShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "key", Fallback: "the key that opened the host, of those that your `ssh` offers", Shape: document.Words(keyForm),
			Doc: "Your private key, or the public one of a key that the SSH agent holds. Its public half is put on the hosts; the key itself stays where it is."},
		document.Key{Name: "further-keys", Fallback: "none", Shape: document.ListOf(document.Words(furtherKeyForm)),
			Doc: "Public keys of your other devices, such as a phone or a second laptop: each as its line, or as the path of its file. They are put on the hosts beside yours and open the same account."},
		document.Key{Name: "forwarding", Fallback: document.AsCode(string(defaultForwarding)), Shape: document.Words(forwardings),
			Doc: "Which TCP connections may lead through the hosts over SSH. `local`: those that begin at your machine, which VS Code Remote and `ProxyJump` need. `all`: also those back to it (`ssh -R`)."},
	)
}

// subnetKeys are the keys that every network has.
func subnetKeys() []document.Key {
	return []document.Key{
		{Name: "cidr", Required: true, Shape: document.Words(cidr4Form), Doc: "The IPv4 network. The `address` of every host on it lies in it."},
		{Name: "cidr6", Fallback: "no IPv6", Shape: document.Words(cidr6Form), Doc: "The IPv6 network. The `address6` of every host on it lies in it."},
		{Name: "gateway", Fallback: "not known", Shape: document.Words(addressForm), Doc: "The router's address in the network."},
		{Name: "dns", Fallback: "the gateway", Shape: document.ListOf(document.Words(addressForm)), Doc: "The DNS resolvers of the hosts."},
	}
}

func networkShape() *document.Shape {
	return document.Keyed(append(subnetKeys(),
		document.Key{Name: "admin", Required: true, Shape: document.NonEmpty(document.ListOf(document.Words(adminForm)), "nobody could reach SSH any more, not even you"),
			Doc: "Who may reach SSH and management ports: the networks or addresses that you administer from. Nobody else gets in, so it must include the machine that you run Cairn on. No two may overlap."},
	)...)
}

func hostsShape() *document.Shape {
	return document.NonEmpty(document.Named(hostForm, document.Keyed(
		document.Key{Name: "address", Required: true, Unless: "address6", Shape: document.Words(address4Form), Doc: "Its IPv4 address. Cairn reaches the host there."},
		document.Key{Name: "address6", Fallback: "none", Shape: document.Words(address6Form), Doc: "Its IPv6 address. Cairn reaches the host there if it has no `address`."},
		document.Key{Name: "also", Fallback: "none", Shape: document.ListOf(document.Words(addressForm)),
			Doc: "Its further addresses, such as one on each of several networks. Cairn looks at what answers there, too."},
		document.Key{Name: "port", Fallback: document.AsCode(fmt.Sprint(defaultPort)), Shape: document.Number(document.PortForm), Doc: "The port of its SSH server."},
		document.Key{Name: "user", Fallback: document.AsCode(defaultUser), Shape: document.Words(userForm),
			Doc: "Your account on it. Cairn makes it and gives it your key if the first login is root's. It cannot be root, because Cairn closes SSH to root."},
		document.Key{Name: "first-user", Fallback: "the one that `cairn host add` logged in as, else `User` of `~/.ssh/config`, else `root`", Shape: document.Words(firstUserForm),
			Doc: "Who logs in as long as `user` cannot: `root`, or the account that the installer or the image made. Passwords are asked for and never stored."},
		document.Key{Name: "roles", Fallback: "`[" + string(defaultRole) + "]`", Shape: document.NonEmpty(document.ListOf(document.Words(roles)), "a host without a role does nothing"),
			Doc: "What it is for. Cairn only looks from a host whose one role is `vantage`. It changes nothing there, needs no sudo, and leaves nothing behind."},
		document.Key{Name: "forwarding", Fallback: "`ssh.forwarding`", Shape: document.Words(forwardings),
			Doc: "Which TCP connections may lead through this host over SSH, such as to others behind it: `none`, `local` or `all`."},
		document.Key{Name: "hardware", Shape: hardwareShape(), Doc: "What it has. This is verified, not assumed."},
		document.Key{Name: "open", Fallback: "none", Shape: document.ListOf(openingShape()),
			Doc: "Ports that others may reach, besides those of SSH and of services. Everyone may reach them, unless `from` names networks."},
		document.Key{Name: "inside", Fallback: "those that lead to guests by their kind", Shape: document.ListOf(document.Words(interfaceForm)),
			Doc: "Network interfaces that lead only to the host's own guests (VMs, containers), if Cairn does not detect them by itself. Connections from guests are forwarded."},
	)), "there is nothing to manage")
}

func hardwareShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "cpus", Fallback: "not verified", Shape: document.Number(cpusForm), Doc: "The minimum number of logical processors."},
		document.Key{Name: "memory", Fallback: "not verified", Shape: document.Words(document.MemoryForm), Doc: "The approximate minimum of memory."},
		document.Key{Name: "virtualization", Fallback: "not verified", Shape: document.YesNo(), Doc: "Whether it can run virtual machines."},
	)
}

func openingShape() *document.Shape {
	short := document.Words(openingForm)
	short.OrElse = document.Keyed(
		document.Key{Name: "port", Required: true, Shape: document.Words(openingForm), Doc: "The port with its protocol."},
		document.Key{Name: "from", Fallback: "everyone", Shape: document.NonEmpty(document.ListOf(document.Words(prefixForm)), "nobody could reach the port; leave `from` out to let everyone"),
			Doc: "The networks that may reach it."},
	)
	return short
}

func chooseShape() *document.Shape {
	var keys []document.Key
	for _, c := range choices {
		keys = append(keys, document.Key{Name: c.name, Fallback: document.AsCode(c.options[0]), Shape: document.Words(optionForm("an option", c.options...)), Doc: c.doc})
	}
	return document.Keyed(keys...)
}

func journalShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "keep", Fallback: document.AsCode(defaultKeep), Shape: document.Words(daysForm),
			Doc: "How long events stay in the journal. Older ones are compressed and moved to `.cairn/archive`. Nothing is deleted, and the newest event of each kind stays. `cairn export evidence` reads both."},
	)
}

func servicesShape() *document.Shape {
	service := document.Keyed(
		document.Key{Name: "compose", Shape: document.Words(composeForm),
			Doc: "Your own Compose file, relative to the lab file and within its folder. Without it the service is one of the catalog, and its other keys are that service's options."},
		document.Key{Name: "http", Shape: document.Keyed(document.Key{Name: "port", Required: true, Shape: document.Number(document.PortForm), Doc: "The port it answers HTTP on."}),
			Fallback: "the first port of the file that looks like HTTP", Doc: "Where your own service answers HTTP. Only together with `compose`."},
	)
	service.Keys = append(service.Keys, document.Key{Name: "on", Fallback: "the only server, or the first that it fits on", Shape: document.Words(hostForm), Doc: "The host that it runs on."})
	service.Open = true
	return document.Named(document.LabelForm("a service's name", "whoami", nil), service)
}

func waiverShape() *document.Shape {
	return document.Keyed(
		document.Key{Name: "checkpoint", Required: true, Shape: document.Words(checkpointForm), Doc: "The checkpoint, or a part of it behind a slash."},
		document.Key{Name: "reason", Required: true, Shape: document.Words(reasonForm), Doc: "Why it needs no proof, for later readers."},
		document.Key{Name: "expires", Required: true, Shape: document.Words(dateForm),
			Doc: "The day, by UTC, from which the waiver no longer counts. From then on the checkpoint fails again."},
	)
}
