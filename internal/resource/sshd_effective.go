package resource

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// wins compares, option by option, what sshd makes of a whole configuration with
// what it makes of the drop-in alone, which spells every value as sshd does.
func (s SSHDropin) wins(ctx context.Context, sys *system.System, config ...string) error {
	have, err := sshdEffective(ctx, sys, config...)
	if err != nil {
		return err
	}
	main, _, err := sys.Read(sshdConfig)
	if err != nil {
		return err
	}
	return withConfig(append(s.file().Content.inline, hostKeys(main)...), func(path string) error {
		want, err := sshdEffective(ctx, sys, "-f", path)
		if err != nil {
			return err
		}
		for _, o := range s.Options {
			key := strings.ToLower(o.Keyword)
			if !sameValue(key, have[key], want[key]) {
				return fmt.Errorf("sshd makes %q of %s instead of %q: %s", have[key], o.Keyword, want[key], s.whoElse(sys, key))
			}
		}
		return nil
	})
}

// addUp are the keywords of which sshd takes every statement, not the first
// alone, and of which a value more than once is no other value (servconf.c).
var addUp = []string{"allowgroups", "allowusers", "denygroups", "denyusers", "acceptenv"}

// sameValue compares what comes of a keyword.
func sameValue(keyword, have, want string) bool {
	if !slices.Contains(addUp, keyword) {
		return have == want
	}
	return slices.Equal(valueSet(have), valueSet(want))
}

func valueSet(value string) []string {
	words := strings.Fields(value)
	slices.Sort(words)
	return slices.Compact(words)
}

// whoElse names the file and line that stands in the drop-in's way, and what to
// do about it.
func (s SSHDropin) whoElse(sys *system.System, keyword string) string {
	in := s.inTheWay(sys, keyword)
	if in == nil {
		return "another file sets it too"
	}
	verb := "sets it first"
	if slices.Contains(addUp, keyword) {
		verb = "adds " + in.Value()
	}
	return fmt.Sprintf("%s %s (%s %s); take that line away", in.Place(), verb, in.Keyword, in.Value())
}

// inTheWay is a setting of another file that keeps the drop-in's own from being
// what is in force; nil when there is none.
func (s SSHDropin) inTheWay(sys *system.System, keyword string) *sshdconf.Setting {
	content, _, err := sys.Read(sshdConfig)
	if err != nil {
		return nil
	}
	own := s.file()
	main := mainFileOf(sys, content, own.Path).withIncludeFirst()
	settings, err := sshdFiles(sys, map[string][]byte{sshdConfig: main, own.Path: own.Content.inline}).Read(sshdConfig)
	if err != nil {
		return nil
	}
	var wanted []string
	for _, o := range s.Options {
		if strings.EqualFold(o.Keyword, keyword) {
			wanted = append(wanted, strings.Fields(o.Value)...)
		}
	}
	for _, other := range settings {
		switch {
		case other.Keyword != keyword || other.Match != "":
		case slices.Contains(addUp, keyword):
			if other.File != own.Path && !subset(other.Args, wanted) {
				return &other
			}
		case other.File == own.Path || strings.EqualFold(other.Value(), strings.Join(wanted, " ")):
			return nil // ours, or one that says the same, is the first
		default:
			return &other
		}
	}
	return nil
}

func subset(words, of []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(of, word) })
}

// obstacle is why the drop-in would not be what is in force, found beforehand.
// What looks like one in the files is left to sshd to judge, which knows that two
// spellings of a value are the same.
func (s SSHDropin) obstacle(ctx context.Context, sys *system.System) error {
	for _, o := range s.Options {
		if s.inTheWay(sys, strings.ToLower(o.Keyword)) != nil {
			return s.staged(ctx, sys, func(path string) error { return s.wins(ctx, sys, "-f", path) })
		}
	}
	return nil
}

// staged lends the configuration as it would be the name of a file.
func (s SSHDropin) staged(ctx context.Context, sys *system.System, use func(path string) error) error {
	staged, err := s.Stage(ctx, sys)
	if err != nil {
		return err
	}
	return withConfig(staged, use)
}

// hostKeys are the lines of sshd_config without which sshd may find no key.
func hostKeys(main []byte) []byte {
	var lines []byte
	for line := range strings.Lines(string(main)) {
		if statement, err := sshdconf.Parse(line); err == nil && statement.Keyword == "hostkey" {
			lines = append(lines, line...)
		}
	}
	return lines
}

// sshdTells has sshd print what it makes of its files for a login that no Match
// is about.
var sshdTells = SSHDTells(sshdconf.Nobody, nil)

// sshdEffective is what sshd makes of a configuration: its own, or another that
// "-f" names. A keyword that stands there several times has all its values.
func sshdEffective(ctx context.Context, s *system.System, config ...string) (map[string]string, error) {
	return keywords(ctx, s, append(slices.Clone(sshdTells), config...))
}

// keywords reads what sshd prints with -T.
func keywords(ctx context.Context, s *system.System, argv []string) (map[string]string, error) {
	out, err := s.Run(ctx, argv...)
	if err != nil {
		return nil, err
	}
	effective := map[string]string{}
	for line := range strings.Lines(string(out.Stdout)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		effective[key] = strings.TrimSpace(effective[key] + " " + value)
	}
	return effective, nil
}
