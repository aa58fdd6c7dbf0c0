package names

import (
	"fmt"
	"net/netip"
	"strings"
)

// Format is a product, in the text of which names are wanted.
type Format string

// The formats.
const (
	Hosts    Format = "hosts"
	PiHole   Format = "pihole"
	AdGuard  Format = "adguard"
	OPNsense Format = "opnsense"
	UniFi    Format = "unifi"
	Dnsmasq  Format = "dnsmasq"
	Unbound  Format = "unbound"
)

// format is how a product is told of names.
type format struct {
	name  Format
	where string // where the text goes
	// line is one address of a name, and record a whole name. Each has one of them.
	line   func(name string, address netip.Addr) string
	record func(r Record) string
	head   string
}

// formats are all formats, in the order in which they are offered.
var formats = []format{
	{
		name: Hosts, where: `Paste this into /etc/hosts of a computer, or C:\Windows\System32\drivers\etc\hosts.`,
		line: func(name string, address netip.Addr) string { return fmt.Sprintf("%s %s", address, name) },
	},
	{
		// docs.pi-hole.net/ftldns/configfile, dns.hosts: "IP HOSTNAME".
		name: PiHole, where: "Paste this into the list `hosts` under [dns] in /etc/pihole/pihole.toml, or enter each line under Settings, Local DNS Records.",
		line: func(name string, address netip.Addr) string { return fmt.Sprintf("%q,", address.String()+" "+name) },
	},
	{
		// The knowledge base of AdGuard DNS, "DNS filtering rules syntax". The bar at the
		// beginning leaves names below out.
		name: AdGuard, where: "Paste this under Filters, Custom filtering rules.",
		line: func(name string, address netip.Addr) string {
			return fmt.Sprintf("|%s^$dnsrewrite=NOERROR;%s;%s", name, kind(address), address)
		},
	},
	{
		// There is no import for these: opnsense/core, dialogHostOverride.xml.
		name: OPNsense, where: "Enter each line under Services, Unbound DNS, Overrides, as a host override. Then press Apply.",
		line: func(name string, address netip.Addr) string {
			host, domain, _ := strings.Cut(name, ".")
			return fmt.Sprintf("Host: %s  Domain: %s  Type: %s  IP address: %s", host, domain, kind(address), address)
		},
	},
	{
		name: UniFi, where: "Enter each line under Settings, Policy Table, as a DNS record. Older versions have it under Settings, Routing, DNS.",
		line: func(name string, address netip.Addr) string {
			return fmt.Sprintf("Type: %s  Domain name: %s  IP address: %s", kind(address), name, address)
		},
	},
	{
		name: Dnsmasq, where: "Paste this into a file in /etc/dnsmasq.d, then restart dnsmasq.",
		record: hostRecord,
	},
	{
		name: Unbound, where: "Paste this into a file in /etc/unbound/unbound.conf.d, then run `unbound-control reload`.", head: "server:\n",
		line: func(name string, address netip.Addr) string {
			return fmt.Sprintf("    local-data: \"%s. IN %s %s\"", name, kind(address), address)
		},
	},
}

// hostRecord is a name for dnsmasq (dnsmasq(8), --host-record).
func hostRecord(r Record) string {
	fields := []string{r.Name}
	for _, a := range r.Addresses {
		fields = append(fields, a.String())
	}
	return "host-record=" + strings.Join(fields, ",")
}

// Formats returns the names of all formats.
func Formats() []string {
	var all []string
	for _, f := range formats {
		all = append(all, string(f.name))
	}
	return all
}

// Known reports whether there is such a format.
func (f Format) Known() bool { return f.find().name == f }

// Where says where the owner puts the text.
func (f Format) Where() string { return f.find().where }

// Text returns the records as the product takes them.
func (f Format) Text(records []Record) string {
	found := f.find()
	var b strings.Builder
	b.WriteString(found.head)
	for _, r := range records {
		if found.record != nil {
			b.WriteString(found.record(r) + "\n")
			continue
		}
		for _, a := range r.Addresses {
			b.WriteString(found.line(r.Name, a) + "\n")
		}
	}
	return b.String()
}

// find returns the row of a format. For one that is not known it has no name.
func (f Format) find() format {
	for _, known := range formats {
		if known.name == f {
			return known
		}
	}
	return format{}
}
