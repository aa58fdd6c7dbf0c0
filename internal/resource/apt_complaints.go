package resource

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// complaint says, in a sentence for the owner, why apt cannot use a repository.
type complaint struct {
	text string
	fix  string // "" if only apt's own message is known
}

// String returns the complaint and its fix on one line.
func (c complaint) String() string {
	if c.fix == "" {
		return c.text
	}
	return c.text + " (to fix it, " + c.fix + ")"
}

// Fixes for a repository.
const (
	fixClock   = "set this host's clock, with `date --utc --set \"YYYY-MM-DD HH:MM\"` as root"
	fixExpired = "set this host's clock if it is wrong, with `date --utc --set \"YYYY-MM-DD HH:MM\"` as root. If it is right, nobody keeps this mirror up to date any more: name another"
	fixKey     = "get the repository's present key from its maker and put it into the file that Signed-By names in /etc/apt/sources.list.d. " +
		"Or take the repository out. The system's own keys are in a package whose name ends in -keyring"
)

// aptReasons are apt(8)'s messages about repositories that it rejects, with their
// meaning. %s is the repository, %[2]s the match of the pattern, %[3]s the time on
// this host. Signatures are checked by gpgv, or by sqv since Debian 13, each with
// messages of its own.
var aptReasons = []struct {
	says      *regexp.Regexp
	text, fix string
}{
	{regexp.MustCompile(`is not valid yet \(invalid for another (\d+\w+(?: \d+\w+)?)`), "%s is dated %[2]s ahead of this host's clock, which says %[3]s", fixClock},
	{regexp.MustCompile(`Not live until (\S+)`), "%s was signed at %[2]s, which is ahead of this host's clock: that says %[3]s", fixClock},
	{regexp.MustCompile(`is expired \(invalid since (\d+\w+(?: \d+\w+)?)`), "%s has been out of date for %[2]s by this host's clock, which says %[3]s", fixExpired},
	{regexp.MustCompile(`(?:EXPKEYSIG|KEYEXPIRED) (\S+)`), "%s is signed with the key %[2]s, which has expired as far as this host knows", fixKey},
	{regexp.MustCompile(`Signing key on (\S+) is bad:.*Expired on`), "%s is signed with the key %[2]s, which has expired as far as this host knows", fixKey},
	{regexp.MustCompile(`(?:NO_PUBKEY|Missing key) ([0-9A-F]+)`), "%s is signed with the key %[2]s, which this host does not have", fixKey},
	{regexp.MustCompile(`Failed to parse keyring "([^"]+)"`), "%s is signed, and this host cannot read its key from %[2]s", fixKey},
}

// complaintsOf returns apt's errors and warnings about repositories, without
// duplicates.
func complaintsOf(out system.Output, now time.Time) []complaint {
	var all []complaint
	explained, named := map[string]bool{}, map[string]bool{} // repositories
	onlyIPv6 := hostsOnlyByIPv6(string(out.Stdout) + string(out.Stderr))
	take := func(text string) {
		repository := repositoryIn(text)
		c, known := explain(repository, text, onlyIPv6, now)
		// apt reports the same reason as a warning and as an error, and adds that
		// the repository is not signed.
		if !explained[repository] && !slices.Contains(all, c) {
			all = append(all, c)
		}
		named[repository] = true
		explained[repository] = known && repository != ""
	}
	for line := range strings.Lines(string(out.Stderr)) {
		if text, found := aptComplaint(line); found {
			take(text)
		}
	}
	// Beside a graver error apt does not say again that a server cannot be reached.
	for _, failed := range notFetched.FindAllStringSubmatch(string(out.Stdout), -1) {
		if text := "Failed to fetch " + failed[1] + "  " + strings.Join(strings.Fields(failed[2]), " "); !named[repositoryIn(text)] {
			take(text)
		}
	}
	return all
}

// notFetched matches apt's progress about a repository's list that did not arrive.
// The indented lines give the reason.
var notFetched = regexp.MustCompile(`(?m)^Err:\d+ (\S+ \S+ (?:In)?Release(?:\.gpg)?)\n((?:  .*\n)+)`)

// aptComplaint returns the text of a line, if that is an error or a warning.
func aptComplaint(line string) (text string, found bool) {
	line = strings.TrimSpace(line)
	for _, prefix := range []string{"E: ", "W: "} {
		if text, found := strings.CutPrefix(line, prefix); found {
			return text, !strings.HasPrefix(text, "Some index files failed to download")
		}
	}
	return "", false
}

// releaseFile matches a repository in apt's messages, given by the address of its
// list or by the fields of its source.
var releaseFile = regexp.MustCompile(`\b([a-z+]+:/\S*?(?: \S+)?)[ /](?:In)?Release\b`)

// repositoryIn returns the repository of a complaint as a source names it: address
// and suite. It is "" if the complaint is about something else.
func repositoryIn(text string) string {
	found := releaseFile.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	name := strings.Replace(found[1], "/dists/", " ", 1)
	return strings.TrimRight(name, "/. ") // the suite of a repository without one is "./"
}

// explain says what a complaint means, or repeats it.
func explain(repository, text string, onlyIPv6 map[string]string, now time.Time) (c complaint, known bool) {
	for name, attempt := range onlyIPv6 {
		if strings.Contains(text, "//"+name+"/") || strings.Contains(text, "//"+name+":") {
			return complaint{
				text: fmt.Sprintf("%s cannot be reached: this host knows only IPv6 addresses of it, and its IPv6 does not get there (%s)", name, attempt),
				fix:  fmt.Sprintf("make this host's IPv6 work or its resolver give IPv4 addresses too: `getent ahosts %s` shows what it gives", name),
			}, true
		}
	}
	for _, reason := range aptReasons {
		if found := reason.says.FindStringSubmatch(text); found != nil && repository != "" {
			return complaint{fmt.Sprintf(reason.text, repository, found[1], now.UTC().Format("2006-01-02 15:04 UTC")), reason.fix}, true
		}
	}
	return complaint{text: text}, false
}

// attempt matches apt's message about a failed connection.
var attempt = regexp.MustCompile(`(?:Could not connect to|Cannot initiate the connection to) (\S+):\w+ \(([0-9a-fA-F.:]+)\)(?:\. - connect \(\d+: ([^)]+)\)|, (connection timed out))`)

// hostsOnlyByIPv6 returns the servers that apt tried only at IPv6 addresses, with
// the result of one attempt.
func hostsOnlyByIPv6(output string) map[string]string {
	hosts := map[string]string{}
	for _, found := range attempt.FindAllStringSubmatch(output, -1) {
		name := found[1]
		address, err := netip.ParseAddr(found[2])
		_, seen := hosts[name]
		switch {
		case err == nil && address.Is4():
			hosts[name] = ""
		case !seen:
			hosts[name] = found[2] + ": " + strings.ToLower(found[3]+found[4])
		}
	}
	for name, reason := range hosts {
		if reason == "" {
			delete(hosts, name)
		}
	}
	return hosts
}

// sourcesFailed explains why packages cannot be installed: one of the repositories
// that apt could not read has them.
func sourcesFailed(packages []string, complaints []complaint, err error) error {
	var reasons, fixes []string
	for _, c := range complaints {
		reasons = append(reasons, c.text)
		if c.fix != "" && !slices.Contains(fixes, c.fix) {
			fixes = append(fixes, c.fix)
		}
	}
	summary := fmt.Sprintf("%s cannot be installed, since apt could not read all its repositories: %s", strings.Join(packages, ", "), strings.Join(reasons, "; "))
	p := problem.Wrap(problem.PackageSource, "", summary, err)
	if len(fixes) > 0 {
		p.Fix = strings.Join(fixes, "; ") + "; then run `cairn up` again"
	}
	return p
}
