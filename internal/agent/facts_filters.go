package agent

import (
	"regexp"
	"slices"
	"strings"

	"cairn/internal/resource"
	"cairn/internal/wire"
)

// rulesetTable is one table in a listing of nft.
type rulesetTable struct {
	key    string
	chains map[string][]string
}

// parseFilters finds the tables in nft's ruleset that drop what they do not
// accept, and what they accept. It leaves out Cairn's own table and those of its
// listeners.
func parseFilters(listing string) []wire.Filter {
	var all []wire.Filter
	for _, table := range rulesetTables(listing) {
		name := table.key[strings.LastIndexByte(table.key, ' ')+1:]
		if name == resource.CairnTable || strings.HasPrefix(name, listenerName) {
			continue
		}
		rules := table.inbound()
		if !slices.ContainsFunc(rules, dropsTheRest) {
			continue
		}
		all = append(all, wire.Filter{Table: table.key, Owner: table.owner(), Lets: letIn(rules)})
	}
	return all
}

// tableBegins matches a table's first line, after which nft names the owner.
var tableBegins = regexp.MustCompile(`^table (\S+ \S+) \{`)

func rulesetTables(listing string) []rulesetTable {
	var tables []rulesetTable
	chain := ""
	for line := range strings.Lines(listing) {
		line = strings.TrimSpace(line)
		switch {
		case tableBegins.MatchString(line):
			tables = append(tables, rulesetTable{tableBegins.FindStringSubmatch(line)[1], map[string][]string{}})
			chain = ""
		case strings.HasPrefix(line, "chain ") && strings.HasSuffix(line, " {"):
			chain = strings.TrimSuffix(strings.TrimPrefix(line, "chain "), " {")
		case line == "}":
			chain = ""
		case chain != "" && len(tables) > 0:
			tables[len(tables)-1].chains[chain] = append(tables[len(tables)-1].chains[chain], line)
		}
	}
	return tables
}

var leadsTo = regexp.MustCompile(`(?:jump|goto) ([^\s,}]+)`)

// inbound returns the rules that a packet to the host itself may reach: those in
// chains at the input hook, and in all chains to which these lead.
func (t rulesetTable) inbound() []string {
	var rules, next []string
	for name, lines := range t.chains {
		if len(lines) > 0 && strings.Contains(lines[0], " hook input ") {
			next = append(next, name)
		}
	}
	for seen := map[string]bool{}; len(next) > 0; {
		name := next[0]
		next = next[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, line := range t.chains[name] {
			rules = append(rules, line)
			for _, target := range leadsTo.FindAllStringSubmatch(line, -1) {
				next = append(next, target[1])
			}
		}
	}
	return rules
}

var dropping = regexp.MustCompile(`^(counter )?(drop|reject( with .*)?)$|^type filter hook input .* policy drop;`)

// dropsTheRest reports whether a rule drops everything that reaches it.
func dropsTheRest(rule string) bool { return dropping.MatchString(rule) }

// owner returns the program that is known to make such a table.
func (t rulesetTable) owner() string {
	if strings.HasSuffix(t.key, " firewalld") {
		return "firewalld"
	}
	for name := range t.chains {
		if strings.HasPrefix(name, "ufw-") || strings.HasPrefix(name, "ufw6-") {
			return "ufw"
		}
	}
	return ""
}

var (
	letting  = regexp.MustCompile(`\b(tcp|udp) dport (\{[^}]*\}|[0-9]+(?:-[0-9]+)?)\s.*\baccept$|\b(tcp|udp) dport (\{[^}]*\}|[0-9]+(?:-[0-9]+)?) accept$`)
	portWord = regexp.MustCompile(`[0-9]+(-[0-9]+)?`)
)

// letIn returns the ports that rules accept, in the form 8096/tcp.
func letIn(rules []string) []string {
	var ports []string
	for _, rule := range rules {
		m := letting.FindStringSubmatch(rule)
		if m == nil {
			continue
		}
		for _, port := range portWord.FindAllString(m[2]+m[4], -1) {
			ports = append(ports, port+"/"+m[1]+m[3])
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
