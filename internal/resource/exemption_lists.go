package resource

import (
	"context"
	"net/netip"
	"strings"

	"cairn/internal/system"
)

// sshguard reads its list when it starts (sshguard(8), "-w"). It has a list only
// if its configuration names one. Debian's does.
var sshguard = banner{
	name: "sshguard", config: "/etc/sshguard/sshguard.conf", units: []string{"sshguard.service"}, verb: "restart",
	files: func(_ context.Context, sys *system.System, networks []string) ([]File, error) {
		return listWith(sys, sshguardList(sys), networks, plainList)
	},
}

// sshguardList is the file that WHITELIST_FILE names in sshguard.conf.
func sshguardList(sys *system.System) string {
	list := "/etc/sshguard/whitelist" // Debian's
	content, _, _ := sys.Read("/etc/sshguard/sshguard.conf")
	for line := range strings.Lines(string(content)) {
		if value, set := strings.CutPrefix(strings.TrimSpace(line), "WHITELIST_FILE="); set {
			list = strings.Trim(value, `"' `)
		}
	}
	return list
}

// portsentry takes a port scan for an attack. Its units read the list before they
// start (portsentry(8), and the head of the file itself).
var portsentry = banner{
	name: "portsentry", config: "/etc/portsentry/portsentry.conf", verb: "restart",
	units: []string{"portsentry.service", "portsentry@tcp.service", "portsentry@udp.service", "portsentry@stcp.service", "portsentry@sudp.service", "portsentry@atcp.service", "portsentry@audp.service"},
	files: func(_ context.Context, sys *system.System, networks []string) ([]File, error) {
		return listWith(sys, "/etc/portsentry/portsentry.ignore.static", networks, plainList)
	},
}

// listForm is the form in which a program's list exempts networks.
type listForm struct {
	exempt func(text string) []netip.Prefix // what a list exempts
	end    string                           // of a line, after the network
}

// plainList has one network on each line.
var plainList = listForm{exempt: networksIn}

// listWith adds the networks that no line of a list covers. The owner's lines
// stay.
func listWith(sys *system.System, path string, networks []string, form listForm) ([]File, error) {
	content, _, err := sys.Read(path)
	if err != nil {
		return nil, err
	}
	_, mode, found, err := sys.Stat(path)
	if err != nil {
		return nil, err
	}
	f := File{Path: path, Mode: 0o644}
	if found {
		f.Mode = uint32(mode.Mode.Perm())
	}
	have := form.exempt(string(content))
	var missing []string
	for _, network := range networks {
		if !covered(network, have) {
			missing = append(missing, network+form.end)
		}
	}
	if len(missing) > 0 {
		if len(content) > 0 && !strings.HasSuffix(string(content), "\n") {
			content = append(content, '\n')
		}
		content = append(content, "# Added by Cairn: its looks at this host come from here.\n"+strings.Join(missing, "\n")+"\n"...)
	}
	f.Content = Inline(content)
	return []File{f}, nil
}

// networksIn returns the networks and addresses among the words of a text.
func networksIn(text string) []netip.Prefix {
	var networks []netip.Prefix
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.Fields(line) {
			if p, ok := networkOf(word); ok {
				networks = append(networks, p)
			}
		}
	}
	return networks
}

// networkOf parses a network. An address is a network of its own.
func networkOf(word string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(word); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(word)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// crowdsecList is a whitelist of the local configuration: every file in this
// directory is read (CrowdSec's documentation, "Whitelists").
const crowdsecList = "/etc/crowdsec/parsers/s02-enrich/cairn-exempt.yaml"

// crowdsec reads its parsers again when it is reloaded.
var crowdsec = banner{
	name: "crowdsec", config: "/etc/crowdsec/config.yaml", units: []string{"crowdsec.service"}, verb: "reload",
	files: func(_ context.Context, _ *system.System, networks []string) ([]File, error) {
		content := "# Managed by Cairn.\nname: cairn/exempt\ndescription: The networks from which Cairn looks at this host\nwhitelist:\n  reason: Cairn tries what must be refused\n  cidr:\n"
		for _, network := range networks {
			content += "    - \"" + network + "\"\n"
		}
		return []File{{Path: crowdsecList, Content: Inline(content), Mode: 0o644}}, nil
	},
	pardon: func(ctx context.Context, sys *system.System, networks []string) error {
		for _, network := range networks {
			if _, err := sys.Run(ctx, "cscli", "decisions", "delete", "--range", network, "--contained"); err != nil {
				return err
			}
		}
		return nil
	},
}
