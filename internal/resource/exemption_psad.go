package resource

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"cairn/internal/system"
)

// psad takes a port scan in the firewall's log for an attack. It ignores the
// networks in its list that have the danger level 0 (psad(8), "auto_dl"), and reads
// the list when it starts.
var psad = banner{
	name: "psad", config: "/etc/psad/psad.conf", units: []string{"psad.service"}, verb: "restart",
	files: func(_ context.Context, sys *system.System, networks []string) ([]File, error) {
		return listWith(sys, "/etc/psad/auto_dl", networks, listForm{exempt: psadIgnores, end: " 0;"})
	},
	pardon: psadPardon,
}

// psadIgnored matches a line of a network that is ignored for all protocols.
var psadIgnored = regexp.MustCompile(`(?m)^[ \t]*(\S+)[ \t]+0[ \t]*;`)

func psadIgnores(text string) []netip.Prefix {
	var networks []netip.Prefix
	for _, found := range psadIgnored.FindAllStringSubmatch(text, -1) {
		if network, ok := networkOf(found[1]); ok {
			networks = append(networks, network)
		}
	}
	return networks
}

const (
	// psadBans lists the addresses that psad bans. It bans them again when it
	// starts, whatever its list says.
	psadBans = "/var/log/psad/auto_blocked_iptables"
	// psadPatience is several times the interval at which psad handles requests
	// (psad.conf, CHECK_INTERVAL).
	psadPatience = 30 * time.Second
)

// psadPardon lifts earlier bans, and waits until psad has done so.
func psadPardon(ctx context.Context, sys *system.System, networks []string) error {
	banned, err := psadBanned(sys, networks)
	if err != nil {
		return err
	}
	for _, address := range banned {
		if _, err := sys.Run(ctx, "psad", "--fw-rm-block-ip", address); err != nil {
			return err
		}
	}
	for deadline := time.Now().Add(psadPatience); len(banned) > 0; {
		if time.Now().After(deadline) {
			return fmt.Errorf("psad does not lift its ban of %s", strings.Join(banned, ", "))
		}
		if err := system.Pause(ctx, time.Second); err != nil {
			return err
		}
		if banned, err = psadBanned(sys, networks); err != nil {
			return err
		}
	}
	return nil
}

// psadBanned returns the addresses of the networks that psad bans now.
func psadBanned(sys *system.System, networks []string) ([]string, error) {
	content, _, err := sys.Read(psadBans)
	if err != nil {
		return nil, err
	}
	exempt := networksIn(strings.Join(networks, " "))
	var banned []string
	for line := range strings.Lines(string(content)) {
		if words := strings.Fields(line); len(words) > 0 && covered(words[0], exempt) {
			banned = append(banned, words[0])
		}
	}
	return banned, nil
}
