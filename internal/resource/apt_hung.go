package resource

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// aptHung names the mirror if apt was ended because it received nothing.
func aptHung(ctx context.Context, sys *system.System, err error) error {
	var h *system.Hung
	if !errors.As(err, &h) || !strings.Contains(h.At, "/apt/methods/") || len(h.Servers) == 0 {
		return err
	}
	var named []string
	for _, server := range h.Servers {
		named = append(named, mirrorAt(ctx, sys, server))
	}
	return problem.Wrap(problem.PackageMirror, "", fmt.Sprintf("nothing has come from %s for %s", strings.Join(named, " or "), h.Limit), err)
}

// namesFor is how long the names of mirrors are looked up.
const namesFor = 10 * time.Second

// mirrorAt names a server as the host's sources do, with its address. A proxy has
// only an address.
func mirrorAt(ctx context.Context, sys *system.System, server netip.AddrPort) string {
	ctx, cancel := context.WithTimeout(ctx, namesFor)
	defer cancel()
	// The addresses of all lists, without a download (apt-get(8)).
	out, err := sys.Ask(ctx, "apt-get", "--print-uris", "update")
	if err != nil {
		return server.String()
	}
	var names []string
	for line := range strings.Lines(string(out.Stdout)) {
		quoted, _, _ := strings.Cut(strings.TrimPrefix(line, "'"), "'")
		at, err := url.Parse(quoted)
		if err != nil || at.Host == "" || slices.Contains(names, at.Host) {
			continue
		}
		names = append(names, at.Host)
		addresses, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", at.Hostname())
		if slices.ContainsFunc(addresses, func(a netip.Addr) bool { return a.Unmap() == server.Addr() }) {
			return fmt.Sprintf("the mirror %s (%s)", at.Host, server)
		}
	}
	return server.String()
}
