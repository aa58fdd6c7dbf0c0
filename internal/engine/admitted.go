package engine

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/host"
	"cairn/internal/resource"
)

// notAdmitted returns why a guard's firewall would keep this machine out: the host
// sees it at an address outside network.admin. It returns nil if that is not so, or
// not known.
func (f *follower) notAdmitted(session *host.Session, guard sentGuard) error {
	peer, err := netip.ParseAddr(session.Hello().Facts.Peer)
	admin := f.engine.lab.Network.Admin
	table := string(resource.NftTable{}.Kind()) + " "
	if err != nil || len(admin) == 0 || !slices.ContainsFunc(guard.Steps, func(step string) bool { return strings.HasPrefix(step, table) }) {
		return nil
	}
	if slices.ContainsFunc(admin, func(p netip.Prefix) bool { return p.Contains(peer.Unmap()) }) {
		return nil
	}
	return fmt.Errorf("the firewall would keep this machine out: its address there is %s, which is not in network.admin. Add it in lab.yaml, or run cairn from a machine that is in it", peer.Unmap())
}
