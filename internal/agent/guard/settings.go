package guard

import (
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/sshdconf"
)

// settings are the keywords of sshd_config(5), in lower case, with their values, as
// `sshd -T` prints them.
type settings map[string][]string

func parseSettings(text string) settings {
	s := settings{}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 1 {
			s[fields[0]] = append(s[fields[0]], fields[1:]...)
		}
	}
	return s
}

func (s settings) first(keyword string) string {
	if values := s[keyword]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func (s settings) is(keyword, value string) bool { return s.first(keyword) == value }

// refuses returns every setting that would refuse the user's login with a key
// alone.
func (s settings) refuses(u user, peer string) []string {
	var reasons []string
	if s.is("pubkeyauthentication", "no") {
		reasons = append(reasons, "PubkeyAuthentication is off")
	}
	if !s.keyIsEnough() {
		reasons = append(reasons, "AuthenticationMethods asks for more than a key: "+strings.Join(s["authenticationmethods"], " "))
	}
	if u.uid == 0 && (s.is("permitrootlogin", "no") || s.is("permitrootlogin", "forced-commands-only")) {
		reasons = append(reasons, "PermitRootLogin is "+s.first("permitrootlogin"))
	}
	return append(reasons, s.keepsOut(u, peer)...)
}

// keepsOut returns every setting that would refuse the user's login by any method.
func (s settings) keepsOut(u user, peer string) []string {
	var reasons []string
	if s.names("denyusers", u.name, peer) {
		reasons = append(reasons, "DenyUsers names "+u.name)
	}
	if len(s["allowusers"]) > 0 && !s.names("allowusers", u.name, peer) {
		reasons = append(reasons, "AllowUsers does not name "+u.name)
	}
	if s.namesAny("denygroups", u.groups) {
		reasons = append(reasons, "DenyGroups names a group of "+u.name)
	}
	if len(s["allowgroups"]) > 0 && !s.namesAny("allowgroups", u.groups) {
		reasons = append(reasons, "AllowGroups names no group of "+u.name+" ("+strings.Join(s["allowgroups"], " ")+")")
	}
	if command := s.first("forcecommand"); command != "" && command != "none" {
		reasons = append(reasons, "ForceCommand leaves no shell")
	}
	return reasons
}

func (s settings) keyIsEnough() bool {
	methods := s["authenticationmethods"]
	return len(methods) == 0 || slices.Contains(methods, "any") || slices.Contains(methods, "publickey")
}

// names reports whether a list of patterns USER or USER@HOST matches the user at
// the address. If the address is not known, every HOST matches.
func (s settings) names(keyword, name, peer string) bool {
	return slices.ContainsFunc(s[keyword], func(pattern string) bool {
		who, from, limited := cutLast(pattern, "@")
		return sshdconf.Matches(who, name) && (!limited || peer == "" || comesFrom(from, peer))
	})
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}

func (s settings) namesAny(keyword string, groups []string) bool {
	return slices.ContainsFunc(s[keyword], func(pattern string) bool {
		return slices.ContainsFunc(groups, func(group string) bool { return sshdconf.Matches(pattern, group) })
	})
}

func comesFrom(pattern, peer string) bool {
	prefix, err := netip.ParsePrefix(pattern)
	address, errAddress := netip.ParseAddr(peer)
	if err == nil && errAddress == nil {
		return prefix.Contains(address.Unmap())
	}
	return sshdconf.Matches(pattern, peer)
}

// ports returns the ports on which the server listens.
func (s settings) ports() []string {
	var ports []string
	for _, address := range s["listenaddress"] {
		if _, port, found := cutLast(address, ":"); found && !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// lostPorts returns the ports of the first configuration that are missing from the
// second.
func lostPorts(now, then settings) []string {
	var lost []string
	for _, port := range now.ports() {
		if !slices.Contains(then.ports(), port) {
			lost = append(lost, port)
		}
	}
	return lost
}
