package lab

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// build makes a lab of a file's values. What is not of its form, and so has a
// fault already, counts as not said.
func build(root *node) *Lab {
	name := textOf(root.get("lab"))
	l := &Lab{
		Name:     name,
		Domain:   cmp.Or(textOf(root.get("domain")), name+"."+domainOfLabs),
		Timezone: cmp.Or(textOf(root.get("timezone")), defaultTimezone),
		Workflow: cmp.Or(Workflow(textOf(root.get("workflow"))), defaultWorkflow),
		SSH:      buildSSH(root.get("ssh")),
		Network:  buildNetwork(root.get("network")),
		Networks: buildNetworks(root.get("networks")),
		Choose:   buildChoices(root.get("choose")),
		Journal:  Journal{Keep: parseDays(cmp.Or(textOf(root.get("journal").get("keep")), defaultKeep))},
	}
	for _, p := range root.get("hosts").each() {
		l.Hosts = append(l.Hosts, buildHost(p.key, p.value, l.SSH))
	}
	slices.SortFunc(l.Hosts, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range root.get("services").each() {
		l.Services = append(l.Services, buildService(p.key, p.value))
	}
	slices.SortFunc(l.Services, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	for _, n := range root.get("waivers").list() {
		l.Waivers = append(l.Waivers, buildWaiver(n))
	}
	return l
}

func buildNetwork(n *node) Network {
	s := buildSubnet("", n)
	return Network{CIDR: s.CIDR, CIDR6: s.CIDR6, Gateway: s.Gateway, DNS: s.DNS, Admin: prefixes(n.get("admin"))}
}

func buildNetworks(n *node) []Subnet {
	var all []Subnet
	for _, p := range n.each() {
		all = append(all, buildSubnet(p.key, p.value))
	}
	slices.SortFunc(all, func(a, b Subnet) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func buildSubnet(name string, n *node) Subnet {
	s := Subnet{
		Name:    name,
		CIDR:    parsePrefix(textOf(n.get("cidr"))),
		CIDR6:   parsePrefix(textOf(n.get("cidr6"))),
		Gateway: parseAddress(textOf(n.get("gateway"))),
	}
	for _, item := range n.get("dns").list() {
		s.DNS = append(s.DNS, parseAddress(textOf(item)))
	}
	if n.get("dns") == nil && s.Gateway.IsValid() {
		s.DNS = []netip.Addr{s.Gateway}
	}
	return s
}

func buildChoices(n *node) map[string]string {
	chosen := make(map[string]string, len(choices))
	for _, c := range choices {
		chosen[c.name] = cmp.Or(textOf(n.get(c.name)), c.options[0])
	}
	return chosen
}

func buildSSH(n *node) SSH {
	return SSH{Key: textOf(n.get("key")), Forwarding: cmp.Or(Forwarding(textOf(n.get("forwarding"))), defaultForwarding)}
}

func buildHost(name string, n *node, ssh SSH) Host {
	h := Host{
		Name:       name,
		Address:    parseAddress(textOf(n.get("address"))),
		Address6:   parseAddress(textOf(n.get("address6"))),
		Port:       cmp.Or(portOf(n.get("port")), defaultPort),
		User:       cmp.Or(textOf(n.get("user")), defaultUser),
		FirstUser:  textOf(n.get("first-user")),
		Hardware:   buildHardware(n.get("hardware")),
		Forwarding: cmp.Or(Forwarding(textOf(n.get("forwarding"))), ssh.Forwarding),
	}
	for _, item := range n.get("also").list() {
		h.Also = append(h.Also, parseAddress(textOf(item)))
	}
	for _, item := range n.get("roles").list() {
		h.Roles = append(h.Roles, Role(textOf(item)))
	}
	if len(h.Roles) == 0 {
		h.Roles = []Role{defaultRole}
	}
	for _, item := range n.get("open").list() {
		h.Open = append(h.Open, buildOpening(item))
	}
	for _, item := range n.get("inside").list() {
		h.Inside = append(h.Inside, textOf(item))
	}
	return h
}

func buildHardware(n *node) Hardware {
	h := Hardware{CPUs: int(numberOf(n.get("cpus"))), Memory: parseMemory(textOf(n.get("memory")))}
	if v := n.get("virtualization"); v != nil && v.kind == boolean {
		yes := isTrue(v)
		h.Virtualization = &yes
	}
	return h
}

func buildOpening(n *node) Opening {
	var o Opening
	spelled := n
	if n.kind == mapping {
		spelled = n.get("port")
		o.From = prefixes(n.get("from"))
	}
	o.Port, o.Protocol = parseOpening(textOf(spelled))
	return o
}

func buildService(name string, n *node) Service {
	s := Service{
		Name: name, Compose: textOf(n.get("compose")),
		HTTPPort: portOf(n.get("http").get("port")),
		Options:  map[string]any{},
	}
	for _, p := range n.each() {
		if p.key != "compose" && p.key != "http" {
			s.Options[p.key] = plain(p.value)
		}
	}
	return s
}

func buildWaiver(n *node) Waiver {
	w := Waiver{Checkpoint: textOf(n.get("checkpoint")), Reason: strings.TrimSpace(textOf(n.get("reason")))}
	if day, err := time.Parse(time.DateOnly, textOf(n.get("expires"))); err == nil {
		w.Expires = day
	}
	return w
}

// each are the keys of a mapping; none of anything else.
func (n *node) each() []pair {
	if n == nil {
		return nil
	}
	return n.pairs
}

// list are the items of a list; none of anything else.
func (n *node) list() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// textOf is a text; "" of anything else.
func textOf(n *node) string {
	if n == nil || n.kind != text {
		return ""
	}
	return n.text
}

// numberOf is a whole number; 0 of anything else.
func numberOf(n *node) int64 {
	if n == nil || n.kind != integer {
		return 0
	}
	value, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil {
		return 0
	}
	return value
}

// portOf is a port number; 0 of anything else.
func portOf(n *node) uint16 {
	value := numberOf(n)
	if value < 0 || value > math.MaxUint16 {
		return 0
	}
	return uint16(value)
}

func isTrue(n *node) bool { return strings.EqualFold(n.text, "true") }

func prefixes(n *node) []netip.Prefix {
	var all []netip.Prefix
	for _, item := range n.list() {
		all = append(all, parsePrefix(textOf(item)))
	}
	return all
}

// plain is a value as Go has it, for options that only the catalog knows.
// Numbers that a lab file does not write plainly stay text.
func plain(n *node) any {
	switch n.kind {
	case nothing:
		return nil
	case boolean:
		return isTrue(n)
	case integer:
		if value, err := strconv.ParseInt(n.text, 10, 64); err == nil {
			return value
		}
	case decimal:
		if value, err := strconv.ParseFloat(n.text, 64); err == nil {
			return value
		}
	case list:
		values := make([]any, 0, len(n.items))
		for _, item := range n.items {
			values = append(values, plain(item))
		}
		return values
	case mapping:
		values := make(map[string]any, len(n.pairs))
		for _, p := range n.pairs {
			values[p.key] = plain(p.value)
		}
		return values
	}
	return n.text
}
