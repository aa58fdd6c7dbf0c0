package sshdconf

import (
	"regexp"
	"strings"
)

// Matches reports whether a text matches one of sshd's patterns, with "*" and
// "?" (ssh_config(5), PATTERNS).
func Matches(pattern, text string) bool {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile("^(?s:" + expression + ")$").MatchString(text)
}
