package guard

import (
	"context"
	"slices"
	"sort"
	"strings"

	"cairn/internal/resource"
	"cairn/internal/sshdconf"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// mostConcerned limits how many accounts of a Match are tested, each by a program
// of its own. A Match about more accounts counts as one about everybody.
const mostConcerned = 16

// Concerns returns the accounts of each Match that names users or groups, and
// whether the SSH server lets them in.
func Concerns(ctx context.Context, sys *system.System, peer string, settings []sshdconf.Setting) []wire.Concern {
	g := &guard{Env: Env{System: sys}, plan: Plan{Peer: peer}}
	var all []wire.Concern
	for _, s := range settings {
		known := slices.ContainsFunc(all, func(c wire.Concern) bool { return c.Match == s.Match })
		if known || !sshdconf.NamesAccounts(s.Match) {
			continue
		}
		if users := g.concerned(ctx, s.Match); len(users) <= mostConcerned {
			all = append(all, wire.Concern{Match: s.Match, Accounts: g.judged(ctx, users, settings)})
		}
	}
	return all
}

// concerned returns the accounts that a Match may be about: those in the host's own
// file, and those that it names, wherever they are stored.
func (g *guard) concerned(ctx context.Context, match string) []user {
	accounts, groups := linesByName(g.text("/etc/passwd")), g.text("/etc/group")
	var users []user
	for name, line := range accounts {
		if u, err := parseUser(line, groupsOf(groups, name, line), ""); err == nil && sshdconf.Concerns(match, name, u.groups) {
			users = append(users, u)
		}
	}
	for _, name := range sshdconf.Named(match) {
		if accounts[name] != "" {
			continue
		}
		if u, err := g.lookUp(ctx, name); err == nil && sshdconf.Concerns(match, name, u.groups) {
			users = append(users, u)
		}
	}
	sort.Slice(users, func(i, j int) bool { return users[i].name < users[j].name })
	return users
}

// judged asks sshd about each account. An account that another Match lets in from
// some address counts as let in.
func (g *guard) judged(ctx context.Context, users []user, settings []sshdconf.Setting) []wire.Candidate {
	g.options = append([]string{}, resource.SSHDOptions(ctx, g.System)...)
	var all []wire.Candidate
	for _, u := range users {
		g.plan.Owner = u.name
		c := wire.Candidate{Name: u.name, UID: u.uid, Groups: u.groups}
		config, err := g.effective(ctx, "")
		c.Out = err == nil && config.alwaysKeepsOut(u) && !listedElsewhere(u, settings)
		c.Allowed = err != nil || config.namesAny("allowgroups", u.groups)
		for _, s := range settings {
			list := parseSettings("allowgroups " + s.Value())
			c.Allowed = c.Allowed || s.Keyword == "allowgroups" && s.Match != "" && sshdconf.Concerns(s.Match, u.name, u.groups) && list.namesAny("allowgroups", u.groups)
		}
		all = append(all, c)
	}
	return all
}

// listedElsewhere reports whether a Match that may be about a user has lists of its
// own.
func listedElsewhere(u user, settings []sshdconf.Setting) bool {
	return slices.ContainsFunc(settings, func(s sshdconf.Setting) bool {
		lists := slices.Contains([]string{"allowusers", "denyusers", "denygroups"}, s.Keyword)
		return lists && s.Match != "" && sshdconf.Concerns(s.Match, u.name, u.groups)
	})
}

// alwaysKeepsOut reports whether lists keep a user out, wherever the login comes
// from.
func (s settings) alwaysKeepsOut(u user) bool {
	denied := slices.ContainsFunc(s["denyusers"], func(pattern string) bool {
		return !strings.Contains(pattern, "@") && sshdconf.Matches(pattern, u.name)
	})
	return denied || len(s["allowusers"]) > 0 && !s.names("allowusers", u.name, "") || s.namesAny("denygroups", u.groups)
}
