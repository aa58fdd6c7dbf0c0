package agent

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"cairn/internal/agent/guard"
	"cairn/internal/resource"
	"cairn/internal/sshdconf"
	"cairn/internal/wire"
)

// mostPorts limits each list of ports in a survey. Of the rest only the number is
// reported.
const mostPorts = 256

// survey finds out who can log in now and what can be reached. It changes nothing,
// and leaves out what cannot be read.
func (s *session) survey(ctx context.Context, planned []resource.Spec) wire.Survey {
	var survey wire.Survey
	survey.Accounts, survey.More = guard.Accounts(ctx, s.System, s.login.Peer, s.Now())
	s.addLastLogins(ctx, survey.Accounts)
	survey.Listeners = bounded(s.listeners(), &survey.More)
	survey.Published = bounded(s.published(ctx), &survey.More)
	survey.Allowed = bounded(s.allowed(), &survey.More)
	survey.Revoked = s.revoked(ctx, planned)
	return survey
}

// revoked returns the keys of a plan that the SSH server refuses.
func (s *session) revoked(ctx context.Context, planned []resource.Spec) []resource.Revoked {
	var all []resource.Revoked
	for _, spec := range planned {
		r, err := resource.Decode(spec)
		if key, is := r.(resource.AuthorizedKey); err == nil && is {
			login := sshdconf.Login{Peer: s.login.Peer, Local: s.login.Local, Port: s.login.Port}
			revoked, _ := key.RevokedKeys(ctx, s.System, login)
			all = append(all, revoked...)
		}
	}
	return all
}

func bounded[T any](all []T, more *int) []T {
	if len(all) <= mostPorts {
		return all
	}
	*more += len(all) - mostPorts
	return all[:mostPorts]
}

// byPort orders listeners by port, as people look for them.
func byPort(a, b wire.Listener) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Program, b.Program))
}

// sortedByPort returns each listener once, sorted.
func sortedByPort(all []wire.Listener) []wire.Listener {
	sort.Slice(all, func(i, j int) bool { return byPort(all[i], all[j]) < 0 })
	return slices.CompactFunc(all, func(a, b wire.Listener) bool { return byPort(a, b) == 0 })
}
