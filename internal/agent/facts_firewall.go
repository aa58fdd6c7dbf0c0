package agent

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/problem"
	"cairn/internal/resource"
	"cairn/internal/wire"
)

// firewallFacts finds out what else handles the host's packets.
func (a *Agent) firewallFacts(ctx context.Context, f *wire.Facts) {
	for _, family := range []struct{ name, sysctl string }{{"IPv4", "/proc/sys/net/ipv4/ip_forward"}, {"IPv6", "/proc/sys/net/ipv6/conf/all/forwarding"}} {
		if a.text(family.sysctl) == "1" {
			f.Forwards = append(f.Forwards, family.name)
		}
	}
	f.Filters = parseFilters(a.said(ctx, "nft", "--stateless", "list", "ruleset"))
	f.Loaders = a.loaders(ctx)
}

// firewallState reads Cairn's own table and what others do beside it.
func (s *session) firewallState(ctx context.Context) wire.ReadReply {
	state := wire.FirewallState{Filters: parseFilters(s.said(ctx, "nft", "--stateless", "list", "ruleset")), Loaders: s.loaders(ctx)}
	var enabled []string
	for _, l := range state.Loaders {
		if l.Enabled {
			enabled = append(enabled, l.Unit)
		}
	}
	var err error
	table := resource.NftTable{Family: "inet", Name: resource.CairnTable}
	if state.Next, err = table.NextBoot(ctx, s.System, enabled); err != nil {
		return wire.ReadReply{Failure: failureOf(problem.Wrap(problem.ResourceFailed, "", "cannot find out which rules the next start loads", err))}
	}
	body, err := wire.Encode(state)
	if err != nil {
		return wire.ReadReply{Failure: failureOf(err)}
	}
	return wire.ReadReply{Output: body}
}

// loaders asks systemd for the units that are known to load rules, and for the
// owner's units that call such a program.
func (a *Agent) loaders(ctx context.Context) []wire.Loader {
	units := append(resource.OtherLoaders(), a.ownLoaders()...)
	argv := []string{"systemctl", "show", "--timestamp=us+utc", "--property=Id,LoadState,UnitFileState,ActiveState,ActiveEnterTimestamp,ExecStart,ExecStop", "--"}
	var all []wire.Loader
	for shown := range strings.SplitSeq(a.said(ctx, append(argv, units...)...), "\n\n") {
		if l, is := a.parseLoader(shown); is {
			all = append(all, l)
		}
	}
	return all
}

// rulePrograms matches programs that change rules, in a command line.
var rulePrograms = regexp.MustCompile(`(^|[\s/;&|('"])(nft|ip6?tables(-legacy|-nft)?(-restore)?|netfilter-persistent|shorewall6?|ferm|ufw(-init)?|firewalld)([\s;&|)'"]|$)`)

// ownLoaders returns the enabled units below /etc that start such a program,
// directly or in a script. It leaves out Cairn's own units.
func (a *Agent) ownLoaders() []string {
	links, _ := filepath.Glob(filepath.Join(a.System.Root, "/etc/systemd/system/*.wants/*.service"))
	var units []string
	for _, link := range links {
		name := filepath.Base(link)
		if strings.HasPrefix(name, "cairn-") || slices.Contains(units, name) || slices.Contains(resource.OtherLoaders(), name) {
			continue
		}
		content, _ := os.ReadFile(link)
		for line := range strings.Lines(string(content)) {
			key, command, _ := strings.Cut(strings.TrimSpace(line), "=")
			if strings.HasPrefix(key, "ExecStart") && a.changesRules(command) {
				units = append(units, name)
				break
			}
		}
	}
	return units
}

// changesRules checks a command line, and the script that it may start.
func (a *Agent) changesRules(command string) bool {
	if rulePrograms.MatchString(command) {
		return true
	}
	first, _, _ := strings.Cut(strings.TrimLeft(command, "-+!@:"), " ")
	return rulePrograms.MatchString(a.scriptText(first))
}

// scriptText returns the text of a script without its comments, or nothing if the
// file is not a script.
func (a *Agent) scriptText(path string) string {
	const longest = 64 << 10
	info, err := os.Stat(filepath.Join(a.System.Root, path))
	if err != nil || !info.Mode().IsRegular() || info.Size() > longest {
		return ""
	}
	text := a.text(path)
	if !strings.HasPrefix(text, "#!") {
		return ""
	}
	return withoutComments(text)
}

func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// parseLoader parses systemd's output about one unit, if that is enabled or active.
func (a *Agent) parseLoader(shown string) (wire.Loader, bool) {
	values := map[string]string{}
	for line := range strings.Lines(shown) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[key] += value + "\n"
	}
	value := func(key string) string { return strings.TrimSpace(values[key]) }
	l := wire.Loader{
		Unit: value("Id"), Enabled: strings.HasPrefix(value("UnitFileState"), "enabled") || value("UnitFileState") == "generated",
		Active: value("ActiveState") == "active",
	}
	l.Since, _ = resource.ParseTimestamp(value("ActiveEnterTimestamp"))
	l.Flushes = a.flushes(values["ExecStart"] + values["ExecStop"])
	return l, value("LoadState") == "loaded" && (l.Enabled || l.Active)
}

var (
	flushing  = regexp.MustCompile(`flush\s+ruleset`)
	rulesFile = regexp.MustCompile(`-f\s+(/[^\s;}]+)`)
	including = regexp.MustCompile(`(?m)^\s*include\s+"([^"]+)"`)
)

// flushes says where a unit flushes the whole ruleset: in a file of rules or an
// included one, in a script, or in its own command.
func (a *Agent) flushes(commands string) string {
	for _, file := range rulesFile.FindAllStringSubmatch(commands, -1) {
		text := withoutComments(a.text(file[1]))
		if flushing.MatchString(text) {
			return file[1]
		}
		for _, include := range including.FindAllStringSubmatch(text, -1) {
			paths, _ := filepath.Glob(filepath.Join(a.System.Root, include[1]))
			for _, path := range paths {
				if content, _ := os.ReadFile(path); flushing.MatchString(withoutComments(string(content))) {
					return include[1]
				}
			}
		}
	}
	for line := range strings.Lines(commands) {
		_, path, _ := strings.Cut(line, "path=")
		path, _, _ = strings.Cut(path, " ")
		if flushing.MatchString(a.scriptText(path)) {
			return path
		}
	}
	if flushing.MatchString(commands) {
		return "its own command"
	}
	return ""
}
