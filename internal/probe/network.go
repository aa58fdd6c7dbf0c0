package probe

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairn/internal/distro"
	"cairn/internal/wire"
)

// maxLoss is the percentage of echo requests that may be lost on a network at
// home.
const maxLoss = 0

// network checks the host's network from the host (address, gateway, name
// resolution, loss). From elsewhere it checks that the host answers there.
func network(ctx context.Context, from Vantage, target Target) Finding {
	if from.Name() != target.Host.Name {
		return reachable(ctx, from, target)
	}
	facts, err := target.Inside.Facts(ctx)
	if err != nil {
		return blind(err.Error())
	}
	gateway, wrong := gatewayOf(target, facts)
	mirror := distro.Of(facts.OS.ID, facts.OS.Version).Mirror // every host must be able to resolve it
	expected := fields("address", target.Host.At(), "gateway", gateway, "loss", fmt.Sprintf("at most %d%%", maxLoss), "resolves", mirror)
	observed := fields("addresses", strings.Join(addresses(facts), " "), "gateways", strings.Join(facts.Routes, " "))
	for _, address := range target.Host.Addresses() {
		if !hasAddress(facts, address) {
			wrong = append(wrong, "no interface has the address "+address.String())
		}
	}
	if gateway == "" {
		return judged(expected, observed, wrong...)
	}
	ping, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "ping", Args: []string{gateway}})
	if err != nil || ping.Failure != nil {
		return blind("cannot ping the gateway: " + readError(err, ping))
	}
	loss, times := pingFigures(string(ping.Output))
	observed = append(observed, fields("loss", loss, "round trip min/avg/max/jitter", times)...)
	if percent, err := strconv.ParseFloat(strings.TrimSuffix(loss, "%"), 64); err != nil || percent > maxLoss {
		wrong = append(wrong, "the gateway does not answer every echo request ("+loss+" lost)")
	}

	answer, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "resolve", Args: []string{mirror}})
	if err != nil || answer.Failure != nil {
		return blind("cannot try name resolution: " + readError(err, answer))
	}
	observed = append(observed, fields("resolved", firstWord(string(answer.Output)))...)
	if answer.Exit != 0 {
		wrong = append(wrong, mirror+" does not resolve: "+resolversInWords(facts))
	}
	return judged(expected, observed, wrong...)
}

// gatewayOf returns the gateway to ask, and what is wrong with it. It is the
// gateway declared for the host's network. If none is declared, it is the one
// that the host uses; without either it is empty.
func gatewayOf(target Target, facts wire.Facts) (gateway string, wrong []string) {
	declared := target.Lab.SubnetOf(target.Host).Gateway
	if declared.Is4() != target.Host.At().Is4() {
		declared = netip.Addr{} // a gateway of the other address family is not this host's router
	}
	switch {
	case declared.IsValid() && !slices.Contains(facts.Routes, declared.String()):
		return declared.String(), []string{"the default route does not lead to " + declared.String()}
	case declared.IsValid():
		return declared.String(), nil
	case len(facts.Routes) == 0:
		return "", []string{"the host has no default route"}
	}
	return facts.Routes[0], nil
}

// resolversInWords says which servers the host asks for names. If names do not
// resolve, that is the first thing to know.
func resolversInWords(facts wire.Facts) string {
	if len(facts.Resolvers) == 0 {
		return "/etc/resolv.conf names no resolver"
	}
	return "/etc/resolv.conf names " + strings.Join(facts.Resolvers, ", ")
}

// reachTime is how long a host may take to greet. A small or busy one needs
// seconds and still counts as present.
const reachTime = 10 * time.Second

// reachable connects to the host's SSH port and expects an SSH banner.
func reachable(ctx context.Context, from Vantage, target Target) Finding {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	expected := fields("connection", "made", "banner", "SSH-2.0")
	conn, err := from.Dial(ctx, "tcp", netip.AddrPortFrom(target.Host.At(), cmp.Or(target.Port, target.Host.Port)).String())
	if err != nil {
		return judged(expected, fields("connection", err), "no connection from "+from.Name())
	}
	defer func() { _ = conn.Close() }()
	banner, err := readBanner(ctx, conn)
	if err != nil || !strings.HasPrefix(banner, "SSH-2.0") {
		return judged(expected, fields("connection", "made", "banner", banner), fmt.Sprintf("no SSH server answers (%v)", err))
	}
	return judged(expected, fields("connection", "made", "banner", banner))
}

// firstWord returns the address from what getent(1) prints.
func firstWord(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return first
}

func addresses(facts wire.Facts) []string {
	var all []string
	for _, nic := range facts.Interfaces {
		if nic.Name != "lo" {
			all = append(all, nic.Addresses...)
		}
	}
	return all
}

func hasAddress(facts wire.Facts, address netip.Addr) bool {
	return slices.ContainsFunc(addresses(facts), func(text string) bool {
		prefix, err := netip.ParsePrefix(text)
		return err == nil && prefix.Addr() == address
	})
}

var (
	lossFigure = regexp.MustCompile(`([0-9.]+%) packet loss`)
	timeFigure = regexp.MustCompile(`= ([0-9./]+ ms)`)
)

// pingFigures reads the summary of iputils' ping(8).
func pingFigures(output string) (loss, times string) {
	loss, times = "unknown", "unknown"
	if m := lossFigure.FindStringSubmatch(output); m != nil {
		loss = m[1]
	}
	if m := timeFigure.FindStringSubmatch(output); m != nil {
		times = m[1]
	}
	return loss, times
}
