package engine

import (
	"fmt"
	"slices"

	"cairn/internal/evidence"
	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/resolve"
	"cairn/internal/spelling"
)

// targets returns the hosts that this engine plans for and changes: all managed
// hosts, or those of them that were asked for. A run looks at the others too,
// because all of them decide what the case opens next.
func (e *Engine) targets() []lab.Host {
	return slices.DeleteFunc(e.resolved.Managed(), func(h lab.Host) bool { return !e.concerns(h.Name) })
}

// concerns reports whether a host was asked for.
func (e *Engine) concerns(host string) bool { return len(e.only) == 0 || slices.Contains(e.only, host) }

// concerning returns the looks at hosts that were asked for.
func (e *Engine) concerning(looks []resolve.Look) []resolve.Look {
	return slices.DeleteFunc(looks, func(p resolve.Look) bool { return !e.concerns(p.Host) })
}

// places returns the hosts to connect to for looks: all, or those that were asked
// for. A second host, from which one of them is looked at, is connected to when
// needed.
func (e *Engine) places() []lab.Host {
	if len(e.only) == 0 {
		return e.lab.Hosts
	}
	return e.targets()
}

// judgeTargets says what a checkpoint is worth on the hosts that were asked for.
func (e *Engine) judgeTargets(checkpoint string) evidence.Judgement {
	return e.judge(checkpoint, e.concerning)
}

// knowsOnly returns an error for names that are not managed hosts.
func (e *Engine) knowsOnly() error {
	var known []string
	for _, h := range e.resolved.Managed() {
		known = append(known, h.Name)
	}
	for _, name := range e.only {
		if slices.Contains(known, name) {
			continue
		}
		p := problem.New(problem.LabUnknown, "", fmt.Sprintf("lab.yaml has no host %q to look at", name))
		if near := spelling.Nearest(name, known); near != "" {
			p.Summary += fmt.Sprintf("; did you mean `%s`?", near)
		}
		return p
	}
	return nil
}
