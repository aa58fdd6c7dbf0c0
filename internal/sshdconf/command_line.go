package sshdconf

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"cairn/internal/distro"
)

// IsCommandLine reports whether a file is where a distribution's unit has options of
// the server's command line from (EnvironmentFile). They come before all that stands
// in other files, and `sshd -T` does not show them.
func IsCommandLine(file string) bool {
	return slices.ContainsFunc(distro.All(), func(d distro.Distribution) bool { return d.SSH.CommandLine == file })
}

// flags are sshd's options of the command line that have a keyword of their own,
// and with an argument (sshd(8)).
var flags = map[byte]string{
	'p': "port", 'f': "-f", 'h': "hostkey", 'g': "logingracetime", 'c': "hostcertificate", 'o': "", 'C': "-C", 'E': "-E", 'u': "-u", 'b': "-b", 'k': "-k",
}

// OnCommandLine are the settings that the server's command line makes. No such
// file is no setting. A keyword that begins with "-" is that option itself: with
// -f the server reads another file altogether.
func (f Files) OnCommandLine() ([]Setting, error) {
	units := distro.At(f.Root).SSH
	content, err := f.content(units.CommandLine)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var settings []Setting
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		value, found := strings.CutPrefix(strings.TrimSpace(line), units.Variable+"=")
		if !found {
			continue
		}
		settings = nil // the last line of a name counts (systemd.exec(5), EnvironmentFile)
		words, err := split(strings.Trim(value, `"'`))
		if err != nil {
			continue
		}
		for _, s := range options(words) {
			s.File, s.Line = units.CommandLine, number
			settings = append(settings, s)
		}
	}
	return settings, nil
}

// options reads words as getopt(3) does for sshd.
func options(words []string) []Setting {
	var settings []Setting
	for i := 0; i < len(words); i++ {
		word := words[i]
		if len(word) < 2 || word[0] != '-' {
			continue
		}
		keyword, takes := flags[word[1]]
		if !takes {
			continue
		}
		value := word[2:]
		if value == "" && i+1 < len(words) {
			i++
			value = words[i]
		}
		if keyword != "" {
			settings = append(settings, Setting{Keyword: keyword, Args: []string{value}})
		} else if s, err := Parse(value); err == nil && s.Keyword != "" {
			settings = append(settings, Setting{Keyword: s.Keyword, Args: s.Args})
		}
	}
	return settings
}
