package lab

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cairn/internal/distro"
	"cairn/internal/document"
	"cairn/internal/problem"
)

// lowerCase suggests the text in lower case if only the case is wrong.
func lowerCase(text string) *document.Flaw { return document.Better(text, strings.ToLower(text)) }

// reservedHosts are names with another meaning.
var reservedHosts = map[string]string{
	"localhost":  "every host uses it for itself",
	"controller": "it is the vantage of the machine that Cairn runs on",
	"outside":    "it is the vantage beyond the lab's network",
}

// domainForm is at least two labels, at most 253 characters (RFC 1035, 2.3.4).
var domainForm = &document.Form{
	Name: "a domain name of two or more parts", Example: "lab.home.arpa",
	Pattern: `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`,
	Check: func(text string) *document.Flaw {
		switch {
		case len(text) > 253:
			return &document.Flaw{Message: "the domain name is longer than 253 characters"}
		case strings.HasSuffix(text, ".local"):
			return &document.Flaw{
				Message:    "names under .local belong to multicast DNS (RFC 6762), so many machines would not find them",
				Suggestion: strings.TrimSuffix(text, ".local") + ".home.arpa",
			}
		case strings.HasSuffix(text, "."):
			return &document.Flaw{Suggestion: strings.TrimSuffix(text, ".")}
		}
		return lowerCase(text)
	},
}

// userForm accepts the names that useradd(8) and Debian's adduser accept.
var userForm = &document.Form{
	Name: "a user name", Rule: "lower-case letters, digits, _ and -, at most 32", Example: "ops",
	Pattern: `^[a-z_][a-z0-9_-]{0,31}$`,
	Check: func(text string) *document.Flaw {
		if text == "root" {
			return &document.Flaw{
				Code:     problem.LabUnsafe,
				Message:  "root cannot be the owner's user: Cairn closes SSH to root, so you would lock yourself out",
				Expected: "an account of your own, which Cairn makes if it is not there",
			}
		}
		if distro.IsAccount(text) {
			return &document.Flaw{Message: fmt.Sprintf("%q is a user or group that the system has for itself", text), Expected: "an account of your own"}
		}
		return lowerCase(text)
	},
}

// firstUserForm accepts the name of an existing account. Installers allow more
// names than useradd(8), and root.
var firstUserForm = &document.Form{
	Name: "a user name", Rule: "letters, digits, ., _ and -, at most 32", Example: "root", Pattern: `^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`,
}

// IsFirstUser reports whether a fresh host may have an account of that name.
func IsFirstUser(name string) bool { return firstUserForm.Inspect(name) == nil }

var cpusForm = &document.Form{Name: "a number of logical processors", Example: "4", Min: 1, Max: 4096}

// daysForm is a time in days or years.
var daysForm = &document.Form{
	Name: "a number of days or years", Example: "400d", Pattern: `^[1-9][0-9]{0,3}[dy]$`,
	Check: func(text string) *document.Flaw {
		short := strings.NewReplacer(" ", "", "days", "d", "day", "d", "years", "y", "year", "y").Replace(strings.ToLower(text))
		return document.Better(text, short)
	},
}

// parseDays reads a text of daysForm. Any other text gives 0. A year has 365 days.
func parseDays(text string) time.Duration {
	const day = 24 * time.Hour
	for unit, length := range map[string]time.Duration{"d": day, "y": 365 * day} {
		digits, is := strings.CutSuffix(text, unit)
		// A time too long for a Duration means for ever.
		if n, err := strconv.ParseInt(digits, 10, 64); is && err == nil {
			return time.Duration(min(n, int64(math.MaxInt64/length))) * length
		}
	}
	return 0
}

var openingForm = &document.Form{
	Name: "a port with its protocol", Example: "443/tcp", Pattern: `^[1-9][0-9]{0,4}/(tcp|udp)$`,
	Check: func(text string) *document.Flaw {
		number, protocol, both := strings.Cut(strings.ToLower(text), "/")
		if _, err := strconv.ParseUint(number, 10, 16); err != nil || number == "0" {
			if port, swapped := strings.CutPrefix(strings.ToLower(text), "tcp/"); swapped {
				return &document.Flaw{Suggestion: port + "/tcp"}
			}
			return &document.Flaw{}
		}
		if !both {
			return &document.Flaw{Message: text + " does not say whether it is TCP or UDP", Suggestion: number + "/tcp"}
		}
		return document.Better(text, number+"/"+protocol)
	},
}

// parseOpening reads a text of openingForm. Any other text gives port 0.
func parseOpening(text string) (port uint16, protocol string) {
	number, protocol, _ := strings.Cut(text, "/")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return 0, ""
	}
	return uint16(n), protocol
}

// interfaceForm accepts names of network interfaces that both the kernel and nft
// without quotes accept (Linux, dev_valid_name: at most 15 characters).
var interfaceForm = &document.Form{
	Name: "the name of a network interface", Rule: "as `ip link` shows it", Example: "lxdbr0", Pattern: `^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$`,
	Check: func(text string) *document.Flaw {
		if text == "lo" {
			return &document.Flaw{Message: "lo is the host itself and needs no entry"}
		}
		if name, _, at := strings.Cut(text, "@"); at {
			return &document.Flaw{Suggestion: name}
		}
		return nil
	},
}

var dateForm = &document.Form{
	Name: "a date", Rule: "year-month-day", Example: "2027-03-01", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
	Check: func(text string) *document.Flaw {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return &document.Flaw{}
		}
		return nil
	},
}

var checkpointForm = &document.Form{
	Name: "a checkpoint", Rule: "its name as in `cairn status`, and a part of it behind a slash", Example: "foundation.firewall-blocks/ipv6",
	Pattern: `^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+(/[a-z0-9]+(-[a-z0-9]+)*)?$`,
	Check:   lowerCase,
}

var reasonForm = &document.Form{
	Name: "a reason", Rule: "words, at most 500 characters", Example: "provider has no IPv6", Pattern: `\S`,
	Check: func(text string) *document.Flaw {
		if len([]rune(text)) > 500 || strings.ContainsFunc(text, isControl) {
			return &document.Flaw{}
		}
		return nil
	},
}

// isControl reports control characters other than a newline.
func isControl(r rune) bool { return r != '\n' && unicode.IsControl(r) }

var keyForm = &document.Form{
	Name: "the path of a private key", Rule: "it begins with / or ~/", Example: "~/.ssh/id_ed25519", Pattern: `^(/|~/).`,
	Check: func(text string) *document.Flaw {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return &document.Flaw{}
		}
		if private, public := strings.CutSuffix(text, ".pub"); public {
			return &document.Flaw{Message: "this names the public key; Cairn logs in with the private one", Suggestion: private}
		}
		return nil
	},
}

var composeForm = &document.Form{
	Name: "the path of a compose file", Rule: "within the lab's folder, ending in .yaml or .yml", Example: "./stacks/whoami/compose.yaml", Pattern: `\.ya?ml$`,
	Check: func(text string) *document.Flaw {
		clean := path.Clean(text)
		if path.IsAbs(text) || clean == ".." || strings.HasPrefix(clean, "../") || strings.ContainsAny(text, `\`) ||
			strings.ContainsFunc(text, unicode.IsControl) {
			return &document.Flaw{}
		}
		return nil
	},
}

func optionForm(name string, options ...string) *document.Form {
	return &document.Form{Name: name, Options: options}
}
