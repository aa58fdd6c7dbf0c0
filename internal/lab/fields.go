package lab

import "fmt"

// What holds when the file does not say.
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

var labNameForm = labelForm("a lab's name", "home", nil)

// labShape is everything that may stand in a lab file.
func labShape() *shape {
	return keyed(
		key{name: "lab", required: true, shape: words(labNameForm), doc: "The lab's name."},
		key{name: "domain", fallback: "`LAB." + domainOfLabs + "`", shape: words(domainForm),
			doc: "The domain that services get their names in: `SERVICE.DOMAIN`. Names under `home.arpa` are meant for this (RFC 8375) and belong to nobody."},
		key{name: "timezone", fallback: code(defaultTimezone), shape: words(timezoneForm), doc: "The time zone that the hosts are set to."},
		key{name: "workflow", fallback: code(string(defaultWorkflow)), shape: words(workflows),
			doc: "How strictly stages gate. `waterfall`: a stage opens when the one before it met its exit criteria. `agile`: only dependencies between tasks gate. `hybrid`: the first stage gates everything, later only dependencies do."},
		key{name: "ssh", shape: sshShape(), doc: "How you log in to the hosts."},
		key{name: "network", required: true, shape: networkShape(), doc: "The network that the hosts are on, and who administers them."},
		key{name: "networks", shape: named(labelForm("a network's name", "iot", nil), keyed(subnetKeys()...)),
			doc: "Further networks, by name, such as other VLANs. A host is on the network that its address lies in. Your router passes traffic between them."},
		key{name: "hosts", required: true, shape: hostsShape(), doc: "The machines, by name."},
		key{name: "choose", shape: chooseShape(), doc: "Your choices where the roadmap leaves one. Each has a default."},
		key{name: "services", shape: servicesShape(), doc: "What to run on the lab, by name: services of Cairn's catalog, or your own."},
		key{name: "journal", shape: journalShape(), doc: "What becomes of the record of all that happened."},
		key{name: "waivers", shape: listOf(waiverShape()), doc: "Checkpoints that may do without proof for a time."},
	)
}

var forwardings = optionForm("what is forwarded", string(ForwardNone), string(ForwardLocal), string(ForwardAll))

func sshShape() *shape {
	return keyed(
		key{name: "key", fallback: "the key that opened the host, of those that your `ssh` offers", shape: words(keyForm),
			doc: "Your private key, or the public one of a key that the SSH agent holds. Its public half is put on the hosts; the key itself stays where it is."},
		key{name: "further-keys", fallback: "none", shape: listOf(words(furtherKeyForm)),
			doc: "Public keys of your other devices, such as a phone or a second laptop: each as its line, or as the path of its file. They are put on the hosts beside yours and open the same account."},
		key{name: "forwarding", fallback: code(string(defaultForwarding)), shape: words(forwardings),
			doc: "Which TCP connections may lead through the hosts over SSH. `local`: those that begin at your machine, which VS Code Remote and `ProxyJump` need. `all`: also those back to it (`ssh -R`)."},
	)
}

// subnetKeys are what every network has.
func subnetKeys() []key {
	return []key{
		{name: "cidr", required: true, shape: words(cidr4Form), doc: "The IPv4 network. The `address` of every host on it lies in it."},
		{name: "cidr6", fallback: "no IPv6", shape: words(cidr6Form), doc: "The IPv6 network. The `address6` of every host on it lies in it."},
		{name: "gateway", fallback: "not known", shape: words(addressForm), doc: "The router's address in the network."},
		{name: "dns", fallback: "the gateway", shape: listOf(words(addressForm)), doc: "The resolvers that the hosts ask."},
	}
}

func networkShape() *shape {
	return keyed(append(subnetKeys(),
		key{name: "admin", required: true, shape: nonEmpty(listOf(words(adminForm)), "nobody could reach SSH any more, you neither"),
			doc: "Who may reach SSH and management ports: the networks or addresses that you administer from. Nobody else gets in, so it must hold the machine that you run Cairn on. No two may overlap."},
	)...)
}

func hostsShape() *shape {
	return nonEmpty(named(labelForm("a host's name", "atlas", reservedHosts), keyed(
		key{name: "address", required: true, unless: "address6", shape: words(address4Form), doc: "Its IPv4 address. Cairn reaches the host there."},
		key{name: "address6", fallback: "none", shape: words(address6Form), doc: "Its IPv6 address. Cairn reaches the host there if it has no `address`."},
		key{name: "also", fallback: "none", shape: listOf(words(addressForm)),
			doc: "Its further addresses, such as one on each of several networks. What answers there is looked at as well."},
		key{name: "port", fallback: code(fmt.Sprint(defaultPort)), shape: number(portForm), doc: "The port of its SSH server."},
		key{name: "user", fallback: code(defaultUser), shape: words(userForm),
			doc: "Your account on it. Cairn makes it and gives it your key if the first login is root's. It cannot be root, because Cairn closes SSH to root."},
		key{name: "first-user", fallback: "the one that `cairn host add` logged in as, else `User` of `~/.ssh/config`, else `root`", shape: words(firstUserForm),
			doc: "Who logs in as long as `user` cannot: `root`, or the account that the installer or the image made. Passwords are asked for and never stored."},
		key{name: "roles", fallback: "`[" + string(defaultRole) + "]`", shape: nonEmpty(listOf(words(roles)), "a host without a role does nothing"),
			doc: "What it is for. A host whose only role is `vantage` is looked from and never changed: Cairn needs no sudo there and leaves nothing behind."},
		key{name: "forwarding", fallback: "`ssh.forwarding`", shape: words(forwardings),
			doc: "Which TCP connections may lead through this host over SSH, such as to others behind it: `none`, `local` or `all`."},
		key{name: "hardware", shape: hardwareShape(), doc: "What it has. This is verified, not assumed."},
		key{name: "open", fallback: "none", shape: listOf(openingShape()),
			doc: "Ports that others may reach, beside those of SSH and of services. Everyone may, unless `from` names networks."},
		key{name: "inside", fallback: "those that lead to guests by their kind", shape: listOf(words(interfaceForm)),
			doc: "Network interfaces with nothing but the host's own guests behind them, where Cairn does not see that by itself. What guests begin is forwarded."},
	)), "there is nothing to manage")
}

func hardwareShape() *shape {
	return keyed(
		key{name: "cpus", fallback: "not verified", shape: number(cpusForm), doc: "At least so many logical processors."},
		key{name: "memory", fallback: "not verified", shape: words(memoryForm), doc: "At least about so much memory."},
		key{name: "virtualization", fallback: "not verified", shape: yesNo(), doc: "Whether it can run virtual machines."},
	)
}

func openingShape() *shape {
	short := words(openingForm)
	short.orElse = keyed(
		key{name: "port", required: true, shape: words(openingForm), doc: "The port with its protocol."},
		key{name: "from", fallback: "everyone", shape: nonEmpty(listOf(words(prefixForm)), "nobody could reach the port; leave `from` out to let everyone"),
			doc: "The networks that may reach it."},
	)
	return short
}

func chooseShape() *shape {
	var keys []key
	for _, c := range choices {
		keys = append(keys, key{name: c.name, fallback: code(c.options[0]), shape: words(optionForm("an option", c.options...)), doc: c.doc})
	}
	return keyed(keys...)
}

func journalShape() *shape {
	return keyed(
		key{name: "keep", fallback: code(defaultKeep), shape: words(daysForm),
			doc: "How long events stay in the journal. Older ones are moved, packed, to `.cairn/archive`; nothing is thrown away, and the newest of everything stays. `cairn export evidence` reads both."},
	)
}

func servicesShape() *shape {
	service := keyed(
		key{name: "compose", shape: words(composeForm),
			doc: "Your own compose file, relative to the lab file and within its folder. Without it the service is one of Cairn's catalog, and its other keys are that service's options."},
		key{name: "http", shape: keyed(key{name: "port", required: true, shape: number(portForm), doc: "The port it answers HTTP on."}),
			doc: "Where your own service answers HTTP. Only together with `compose`."},
	)
	service.open = true
	return named(labelForm("a service's name", "whoami", nil), service)
}

func waiverShape() *shape {
	return keyed(
		key{name: "checkpoint", required: true, shape: words(checkpointForm), doc: "The checkpoint, or a part of it behind a slash."},
		key{name: "reason", required: true, shape: words(reasonForm), doc: "Why it may do without proof, for whoever reads this later."},
		key{name: "expires", required: true, shape: words(dateForm),
			doc: "The day, by UTC, from which the waiver no longer counts. From then on the checkpoint fails again."},
	)
}

// code marks a word as code in Markdown.
func code(word string) string { return "`" + word + "`" }
