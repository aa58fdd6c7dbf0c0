package cli

import (
	"context"
	"fmt"
	"strings"

	"cairn/internal/engine"
	"cairn/internal/host"
	"cairn/internal/lab"
)

// proposeOpen looks at what listens on a host and is not open in the lab file. It
// returns lines to paste, or writes them.
func proposeOpen(ctx context.Context, g *globals, session *host.Session, write bool) (string, error) {
	if session.Host().OnlyVantage() {
		return "", nil // nothing is closed there
	}
	l, _, err := g.loadLab()
	if err != nil {
		return "", err
	}
	_, survey, err := session.Survey(ctx, nil)
	if err != nil {
		return "", err
	}
	h := session.Host()
	ports := engine.ProposeOpen(l, h, session.Hello().Facts, survey)
	if len(ports) == 0 {
		return "", nil
	}
	if write {
		if err := lab.WriteOpen(l.File, h.Name, ports); err != nil {
			return "", err
		}
		return fmt.Sprintf("Written into %s, for %s: %s\nTake out what others should not reach.\n", l.File, h.Name, lab.OpenLine(ports)), nil
	}
	const told = "These ports answer there and will be closed. To keep ports open for others, "
	if len(h.Open) > 0 {
		return fmt.Sprintf("%sadd them to `open` of %s in lab.yaml: %s\n", told, h.Name, strings.Join(ports, ", ")), nil
	}
	return fmt.Sprintf("%sgive %s a line in lab.yaml:\n    %s\n", told, h.Name, lab.OpenLine(ports)), nil
}
