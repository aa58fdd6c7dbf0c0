package sshdconf

import (
	"slices"
	"strings"
)

// NamesAccounts reports whether a Match is limited to certain users or groups.
func NamesAccounts(match string) bool {
	for _, c := range criteria(match) {
		if c.Keyword == "user" || c.Keyword == "group" || c.Keyword == "invalid-user" {
			return true
		}
	}
	return false
}

// Concerns reports whether a Match may hold for an account, by its user and
// groups. It ignores where a login comes from.
func Concerns(match, user string, groups []string) bool {
	for _, c := range criteria(match) {
		list := strings.Join(c.Args, "")
		switch {
		case c.Keyword == "invalid-user", c.Keyword == "user" && inList(user, list) <= 0, c.Keyword == "group" && !anyInList(groups, list):
			return false
		}
	}
	return true
}

// Named returns the users that a Match names without a pattern.
func Named(match string) []string {
	var names []string
	for _, c := range criteria(match) {
		for _, name := range strings.Split(strings.Join(c.Args, ""), ",") {
			if c.Keyword == "user" && name != "" && !strings.ContainsAny(name, "*?!") {
				names = append(names, name)
			}
		}
	}
	return names
}

// criteria returns the criteria of a Match, each with its list of patterns
// (sshd_config(5)).
func criteria(match string) []Statement {
	var all []Statement
	words := strings.Fields(match)
	for i := 0; i < len(words); i++ {
		word, value, assigned := strings.Cut(strings.TrimSuffix(words[i], ","), "=")
		c := Statement{Keyword: strings.ToLower(word)}
		switch {
		case assigned:
			c.Args = []string{value}
		case c.Keyword != "all" && c.Keyword != "invalid-user" && i+1 < len(words):
			i++
			c.Args = []string{strings.TrimSuffix(words[i], ",")}
		}
		all = append(all, c)
	}
	return all
}

// inList is match_pattern_list (match.c): 1 if a list has the text, -1 if it
// excludes it, 0 otherwise.
func inList(text, list string) int {
	found := 0
	for _, pattern := range strings.Split(list, ",") {
		pattern, not := strings.CutPrefix(pattern, "!")
		switch {
		case !Matches(pattern, text):
		case not:
			return -1
		default:
			found = 1
		}
	}
	return found
}

// anyInList is ga_match_pattern_list (groupaccess.c): one excluded group
// excludes the account.
func anyInList(groups []string, list string) bool {
	out := slices.ContainsFunc(groups, func(group string) bool { return inList(group, list) < 0 })
	return !out && slices.ContainsFunc(groups, func(group string) bool { return inList(group, list) > 0 })
}
