package lab

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"cairn/internal/document"
)

// build makes a lab from a file's values. A value of the wrong form already has a
// fault, and counts as missing.
func build(root *document.Node) *Lab {
	name := document.TextOf(root.Get("lab"))
	l := &Lab{
		Name:     name,
		Domain:   cmp.Or(document.TextOf(root.Get("domain")), name+"."+domainOfLabs),
		Timezone: cmp.Or(document.TextOf(root.Get("timezone")), defaultTimezone),
		Workflow: cmp.Or(Workflow(document.TextOf(root.Get("workflow"))), defaultWorkflow),
		SSH:      buildSSH(root.Get("ssh")),
		Network:  buildNetwork(root.Get("network")),
		Networks: buildNetworks(root.Get("networks")),
		Choose:   buildChoices(root.Get("choose")),
		Journal:  Journal{Keep: parseDays(cmp.Or(document.TextOf(root.Get("journal").Get("keep")), defaultKeep))},
		Images:   buildImages(root.Get("images")),
	}
	for _, p := range root.Get("hosts").Each() {
		l.Hosts = append(l.Hosts, buildHost(p.Key, p.Value, l.SSH))
	}
	slices.SortFunc(l.Hosts, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range root.Get("services").Each() {
		l.Services = append(l.Services, buildService(p.Key, p.Value))
	}
	slices.SortFunc(l.Services, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	for _, n := range root.Get("waivers").List() {
		l.Waivers = append(l.Waivers, buildWaiver(n))
	}
	return l
}

func buildNetwork(n *document.Node) Network {
	s := buildSubnet("", n)
	return Network{CIDR: s.CIDR, CIDR6: s.CIDR6, Gateway: s.Gateway, DNS: s.DNS, Admin: prefixes(n.Get("admin"))}
}

func buildNetworks(n *document.Node) []Subnet {
	var all []Subnet
	for _, p := range n.Each() {
		all = append(all, buildSubnet(p.Key, p.Value))
	}
	slices.SortFunc(all, func(a, b Subnet) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func buildSubnet(name string, n *document.Node) Subnet {
	s := Subnet{
		Name:    name,
		CIDR:    parsePrefix(document.TextOf(n.Get("cidr"))),
		CIDR6:   parsePrefix(document.TextOf(n.Get("cidr6"))),
		Gateway: parseAddress(document.TextOf(n.Get("gateway"))),
	}
	for _, item := range n.Get("dns").List() {
		s.DNS = append(s.DNS, parseAddress(document.TextOf(item)))
	}
	if n.Get("dns") == nil && s.Gateway.IsValid() {
		s.DNS = []netip.Addr{s.Gateway}
	}
	return s
}

func buildChoices(n *document.Node) map[string]string {
	chosen := make(map[string]string, len(choices))
	for _, c := range choices {
		chosen[c.name] = cmp.Or(document.TextOf(n.Get(c.name)), c.options[0])
	}
	return chosen
}

func buildSSH(n *document.Node) SSH {
	return SSH{Key: document.TextOf(n.Get("key")), Forwarding: cmp.Or(Forwarding(document.TextOf(n.Get("forwarding"))), defaultForwarding)}
}

func buildHost(name string, n *document.Node, ssh SSH) Host {
	h := Host{
		Name:       name,
		Address:    parseAddress(document.TextOf(n.Get("address"))),
		Address6:   parseAddress(document.TextOf(n.Get("address6"))),
		Port:       cmp.Or(portOf(n.Get("port")), defaultPort),
		User:       cmp.Or(document.TextOf(n.Get("user")), defaultUser),
		FirstUser:  document.TextOf(n.Get("first-user")),
		Hardware:   buildHardware(n.Get("hardware")),
		Forwarding: cmp.Or(Forwarding(document.TextOf(n.Get("forwarding"))), ssh.Forwarding),
	}
	for _, item := range n.Get("also").List() {
		h.Also = append(h.Also, parseAddress(document.TextOf(item)))
	}
	for _, item := range n.Get("roles").List() {
		h.Roles = append(h.Roles, Role(document.TextOf(item)))
	}
	if len(h.Roles) == 0 {
		h.Roles = []Role{defaultRole}
	}
	for _, item := range n.Get("open").List() {
		h.Open = append(h.Open, buildOpening(item))
	}
	for _, item := range n.Get("inside").List() {
		h.Inside = append(h.Inside, document.TextOf(item))
	}
	return h
}

func buildHardware(n *document.Node) Hardware {
	h := Hardware{CPUs: int(document.NumberOf(n.Get("cpus"))), Memory: document.ParseMemory(document.TextOf(n.Get("memory")))}
	if v := n.Get("virtualization"); v != nil && v.Kind == document.Boolean {
		yes := document.IsTrue(v)
		h.Virtualization = &yes
	}
	return h
}

func buildOpening(n *document.Node) Opening {
	var o Opening
	spelled := n
	if n.Kind == document.Mapping {
		spelled = n.Get("port")
		o.From = prefixes(n.Get("from"))
	}
	o.Port, o.Protocol = parseOpening(document.TextOf(spelled))
	return o
}

func buildService(name string, n *document.Node) Service {
	s := Service{
		Name: name, Compose: document.TextOf(n.Get("compose")), On: document.TextOf(n.Get("on")),
		HTTPPort: portOf(n.Get("http").Get("port")),
		Options:  map[string]any{},
	}
	for _, p := range n.Each() {
		if !slices.Contains(serviceKeys, p.Key) {
			s.Options[p.Key] = document.Plain(p.Value)
		}
	}
	return s
}

func buildWaiver(n *document.Node) Waiver {
	w := Waiver{Checkpoint: document.TextOf(n.Get("checkpoint")), Reason: strings.TrimSpace(document.TextOf(n.Get("reason")))}
	if day, err := time.Parse(time.DateOnly, document.TextOf(n.Get("expires"))); err == nil {
		w.Expires = day
	}
	return w
}

// portOf returns a port number, or 0 for anything else.
func portOf(n *document.Node) uint16 {
	value := document.NumberOf(n)
	if value < 0 || value > math.MaxUint16 {
		return 0
	}
	return uint16(value)
}

func prefixes(n *document.Node) []netip.Prefix {
	var all []netip.Prefix
	for _, item := range n.List() {
		all = append(all, parsePrefix(document.TextOf(item)))
	}
	return all
}
