package resource

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"

	"cairn/internal/system"
)

// fail2ban reads jail.conf, jail.d/*.conf, jail.local and jail.d/*.local, in this
// order. Of two values of a key the later one counts (jail.conf(5)).
var fail2ban = banner{
	name: "fail2ban", config: "/etc/fail2ban/jail.conf", units: []string{"fail2ban.service"}, verb: "reload",
	files: fail2banFiles, lists: fail2banLists, pardon: fail2banPardon,
}

const (
	fail2banDir   = "/etc/fail2ban/jail.d/"
	fail2banBase  = fail2banDir + "00-cairn.conf"
	fail2banExtra = fail2banDir + "zz-cairn.local"
)

// fail2banFiles add the networks to what each jail ignores already. "known/" is
// the value from earlier files, in the jail's own section or else in DEFAULT
// (jail.conf(5)). If no file sets one, that is an error and fail2ban does not
// start. So an early file gives DEFAULT the value that it has anyway.
func fail2banFiles(ctx context.Context, sys *system.System, networks []string) ([]File, error) {
	jails, err := fail2banLists(ctx, sys)
	if err != nil {
		return nil, err
	}
	early, err := fail2banDefault(sys)
	if err != nil {
		return nil, err
	}
	var extra strings.Builder
	extra.WriteString("# Managed by Cairn: it tries what must be refused, from these networks.\n")
	for _, name := range slices.Sorted(maps.Keys(jails)) {
		fmt.Fprintf(&extra, "[%s]\nignoreip = %%(known/ignoreip)s %s\n", strings.TrimPrefix(name, jailPrefix), strings.Join(networks, " "))
	}
	return []File{
		{Path: fail2banBase, Content: Inline("# Managed by Cairn: zz-cairn.local needs a value to begin with.\n[DEFAULT]\nignoreip = " + early + "\n"), Mode: 0o644},
		{Path: fail2banExtra, Content: Inline(extra.String()), Mode: 0o644},
	}, nil
}

// fail2banDefault returns DEFAULT's value in the files that are read before ours.
func fail2banDefault(sys *system.System) (string, error) {
	paths := []string{"/etc/fail2ban/jail.conf"}
	entries, err := os.ReadDir(sys.Path(fail2banDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, entry := range entries { // in the order of their names
		if path := fail2banDir + entry.Name(); strings.HasSuffix(path, ".conf") && path < fail2banBase {
			paths = append(paths, path)
		}
	}
	value := ""
	for _, path := range paths {
		content, _, err := sys.Read(path)
		if err != nil {
			return "", err
		}
		if set, found := valueOf(string(content), "DEFAULT", "ignoreip"); found {
			value = set
		}
	}
	return value, nil
}

// valueOf returns the last value of a key in a section of an INI file, on one
// line. A line that begins with a blank continues the value before it.
func valueOf(text, section, key string) (value string, found bool) {
	in, going := "", false
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, ";"):
		case strings.HasPrefix(trimmed, "["):
			in, going = strings.Trim(trimmed, "[]"), false
		case going && (line[0] == ' ' || line[0] == '\t'):
			value += " " + trimmed
		default:
			name, set, assigned := strings.Cut(trimmed, "=")
			going = in == section && assigned && strings.TrimSpace(name) == key
			if going {
				value, found = strings.TrimSpace(set), true
			}
		}
	}
	return strings.TrimSpace(value), found
}

// quotedWord matches a word as Python prints it.
var quotedWord = regexp.MustCompile(`'((?:[^'\\]|\\.)*)'`)

// jailPrefix begins the name of each list of fail2ban.
const jailPrefix = "jail "

// fail2banLists returns the enabled jails with the networks that each ignores. It
// reads the program's own dump of its configuration, so it need not guess which
// file takes precedence.
func fail2banLists(ctx context.Context, sys *system.System) (map[string][]netip.Prefix, error) {
	out, err := sys.Run(ctx, "fail2ban-client", "-d")
	if err != nil {
		return nil, fmt.Errorf("the configuration of fail2ban cannot be read: %w", err)
	}
	jails := map[string][]netip.Prefix{}
	for line := range strings.Lines(string(out.Stdout)) {
		words := quotedWords(line)
		switch {
		case len(words) > 1 && words[0] == "add":
			jails[jailPrefix+words[1]] = nil
		case len(words) > 3 && words[2] == "addignoreip":
			for _, word := range words[3:] {
				if network, ok := networkOf(word); ok {
					jails[jailPrefix+words[1]] = append(jails[jailPrefix+words[1]], network)
				}
			}
		}
	}
	return jails, nil
}

func quotedWords(line string) []string {
	var words []string
	for _, found := range quotedWord.FindAllStringSubmatch(line, -1) {
		words = append(words, found[1])
	}
	return words
}

// fail2banPardon lifts earlier bans, which a reload keeps.
func fail2banPardon(ctx context.Context, sys *system.System, networks []string) error {
	out, err := sys.Run(ctx, "fail2ban-client", "banned")
	if err != nil {
		return err
	}
	exempt := networksIn(strings.Join(networks, " "))
	argv := []string{"fail2ban-client", "unban"}
	for _, word := range quotedWords(string(out.Stdout)) {
		if covered(word, exempt) {
			argv = append(argv, word)
		}
	}
	if len(argv) == 2 {
		return nil
	}
	_, err = sys.Run(ctx, argv...)
	return err
}
