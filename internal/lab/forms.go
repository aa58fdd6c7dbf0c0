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
	"cairn/internal/problem"
)

// labelForm is a host name's part by RFC 1123, section 2.1, in lower case.
func labelForm(name, example string, reserved map[string]string) *form {
	return &form{
		name: name, rule: "lower-case letters, digits and hyphens, at most 63", example: example,
		pattern: `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`,
		check: func(text string) *flaw {
			if reason := reserved[text]; reason != "" {
				return &flaw{message: fmt.Sprintf("%q cannot be used as a name: %s", text, reason)}
			}
			return suggest(text, strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(text)))
		},
	}
}

// lowerCase suggests the same text in lower case, if that is what is wrong.
func lowerCase(text string) *flaw {
	if lower := strings.ToLower(text); lower != text {
		return &flaw{suggestion: lower}
	}
	return nil
}

// reservedHosts would be mistaken for something else.
var reservedHosts = map[string]string{
	"localhost":  "every host calls itself so",
	"controller": "it is the vantage of the machine that Cairn runs on",
	"outside":    "it is the vantage beyond the lab's network",
}

// domainForm is at least two labels, at most 253 characters (RFC 1035, 2.3.4).
var domainForm = &form{
	name: "a domain name of two or more parts", example: "lab.home.arpa",
	pattern: `^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`,
	check: func(text string) *flaw {
		switch {
		case len(text) > 253:
			return &flaw{message: "the domain name is longer than 253 characters"}
		case strings.HasSuffix(text, ".local"):
			return &flaw{
				message:    "names under .local belong to multicast DNS (RFC 6762), so many machines would not find them",
				suggestion: strings.TrimSuffix(text, ".local") + ".home.arpa",
			}
		case strings.HasSuffix(text, "."):
			return &flaw{suggestion: strings.TrimSuffix(text, ".")}
		}
		return lowerCase(text)
	},
}

// userForm is what useradd(8) and Debian's adduser take for a name.
var userForm = &form{
	name: "a user name", rule: "lower-case letters, digits, _ and -, at most 32", example: "ops",
	pattern: `^[a-z_][a-z0-9_-]{0,31}$`,
	check: func(text string) *flaw {
		if text == "root" {
			return &flaw{
				code:     problem.LabUnsafe,
				message:  "root cannot be the owner's user: Cairn closes SSH to root, so you would lock yourself out",
				expected: "an account of your own, which Cairn makes if it is not there",
			}
		}
		if distro.IsAccount(text) {
			return &flaw{message: fmt.Sprintf("%q is a user or group that the system has for itself", text), expected: "an account of your own"}
		}
		return lowerCase(text)
	},
}

// firstUserForm is what an account that is there already may be called: installers
// take more names than useradd(8) does, and root is one.
var firstUserForm = &form{
	name: "a user name", rule: "letters, digits, ., _ and -, at most 32", example: "root", pattern: `^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`,
}

// IsFirstUser reports whether an account on a fresh host may have the name.
func IsFirstUser(name string) bool { return firstUserForm.inspect(name) == nil }

var portForm = &form{name: "a port number", example: "22", min: 1, max: 65535}

var cpusForm = &form{name: "a number of logical processors", example: "4", min: 1, max: 4096}

// memoryForm counts in powers of 1024 (IEC 80000-13).
var memoryForm = &form{
	name: "an amount of memory", rule: "in MiB, GiB or TiB", example: "16GiB", pattern: `^[1-9][0-9]{0,5}(MiB|GiB|TiB)$`,
	check: func(text string) *flaw {
		digits := strings.TrimRightFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
		unit := strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(text, digits)))
		if _, err := strconv.ParseUint(digits, 10, 32); err != nil || unit == "" || !strings.Contains("MGT", unit[:1]) {
			return nil
		}
		return suggest(text, digits+unit[:1]+"iB")
	},
}

// suggest is a flaw with a suggestion, or nil when the suggestion is the text.
func suggest(text, better string) *flaw {
	if text == better {
		return nil
	}
	return &flaw{suggestion: better}
}

// parseMemory reads a text of memoryForm; 0 for another.
func parseMemory(text string) Bytes {
	shifts := map[string]int{"MiB": 20, "GiB": 30, "TiB": 40}
	for unit, shift := range shifts {
		digits, is := strings.CutSuffix(text, unit)
		if n, err := strconv.ParseInt(digits, 10, 32); is && err == nil {
			return Bytes(n << shift)
		}
	}
	return 0
}

// daysForm is a time that is counted in days.
var daysForm = &form{
	name: "a number of days or years", example: "400d", pattern: `^[1-9][0-9]{0,3}[dy]$`,
	check: func(text string) *flaw {
		short := strings.NewReplacer(" ", "", "days", "d", "day", "d", "years", "y", "year", "y").Replace(strings.ToLower(text))
		return suggest(text, short)
	},
}

// parseDays reads a text of daysForm; 0 for another. A year has 365 days.
func parseDays(text string) time.Duration {
	const day = 24 * time.Hour
	for unit, length := range map[string]time.Duration{"d": day, "y": 365 * day} {
		digits, is := strings.CutSuffix(text, unit)
		// What is longer than a Duration can say is as good as for ever.
		if n, err := strconv.ParseInt(digits, 10, 64); is && err == nil {
			return time.Duration(min(n, int64(math.MaxInt64/length))) * length
		}
	}
	return 0
}

var openingForm = &form{
	name: "a port with its protocol", example: "443/tcp", pattern: `^[1-9][0-9]{0,4}/(tcp|udp)$`,
	check: func(text string) *flaw {
		number, protocol, both := strings.Cut(strings.ToLower(text), "/")
		if _, err := strconv.ParseUint(number, 10, 16); err != nil || number == "0" {
			if port, swapped := strings.CutPrefix(strings.ToLower(text), "tcp/"); swapped {
				return &flaw{suggestion: port + "/tcp"}
			}
			return &flaw{}
		}
		if !both {
			return &flaw{message: text + " does not say whether it is TCP or UDP", suggestion: number + "/tcp"}
		}
		return suggest(text, number+"/"+protocol)
	},
}

// parseOpening reads a text of openingForm; port 0 for another.
func parseOpening(text string) (port uint16, protocol string) {
	number, protocol, _ := strings.Cut(text, "/")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return 0, ""
	}
	return uint16(n), protocol
}

// interfaceForm is what the kernel takes for the name of a network interface and
// nft for one without quotes (Linux, dev_valid_name: at most 15 characters).
var interfaceForm = &form{
	name: "the name of a network interface", rule: "as `ip link` shows it", example: "lxdbr0", pattern: `^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$`,
	check: func(text string) *flaw {
		if text == "lo" {
			return &flaw{message: "lo is the host itself and needs no word"}
		}
		if name, _, at := strings.Cut(text, "@"); at {
			return &flaw{suggestion: name}
		}
		return nil
	},
}

var dateForm = &form{
	name: "a date", rule: "year-month-day", example: "2027-03-01", pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
	check: func(text string) *flaw {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return &flaw{}
		}
		return nil
	},
}

var checkpointForm = &form{
	name: "a checkpoint", rule: "its name as in `cairn status`, and a part of it behind a slash", example: "foundation.firewall-blocks/ipv6",
	pattern: `^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+(/[a-z0-9]+(-[a-z0-9]+)*)?$`,
	check:   lowerCase,
}

var reasonForm = &form{
	name: "a reason", rule: "words, at most 500 characters", example: "provider has no IPv6", pattern: `\S`,
	check: func(text string) *flaw {
		if len([]rune(text)) > 500 || strings.ContainsFunc(text, isControl) {
			return &flaw{}
		}
		return nil
	},
}

// isControl reports control characters other than the end of a line.
func isControl(r rune) bool { return r != '\n' && unicode.IsControl(r) }

var keyForm = &form{
	name: "the path of a private key", rule: "it begins with / or ~/", example: "~/.ssh/id_ed25519", pattern: `^(/|~/).`,
	check: func(text string) *flaw {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return &flaw{}
		}
		if private, public := strings.CutSuffix(text, ".pub"); public {
			return &flaw{message: "this names the public key; Cairn logs in with the private one", suggestion: private}
		}
		return nil
	},
}

var composeForm = &form{
	name: "the path of a compose file", rule: "within the lab's folder, ending in .yaml or .yml", example: "./stacks/whoami/compose.yaml", pattern: `\.ya?ml$`,
	check: func(text string) *flaw {
		clean := path.Clean(text)
		if path.IsAbs(text) || clean == ".." || strings.HasPrefix(clean, "../") || strings.ContainsAny(text, `\`) ||
			strings.ContainsFunc(text, unicode.IsControl) {
			return &flaw{}
		}
		return nil
	},
}

func optionForm(name string, options ...string) *form { return &form{name: name, options: options} }
