package resource

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cairn/internal/sshdconf"
	"cairn/internal/system"
)

// wins checks that each option of the drop-in is in force. It compares the result
// of a whole configuration with that of the drop-in alone, both as sshd prints
// them.
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

// addUp are the keywords of which every statement counts, not only the first. The
// same value twice makes no difference (servconf.c).
var addUp = []string{"allowgroups", "allowusers", "denygroups", "denyusers", "acceptenv"}

// sameValue compares two values of a keyword as sshd prints them.
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

// whoElse names the file and line that overrides the drop-in, and the fix.
func (s SSHDropin) whoElse(sys *system.System, keyword string) string {
	in := s.inTheWay(sys, keyword)
	if in == nil {
		return "another file sets it too"
	}
	verb := "sets it first"
	if slices.Contains(addUp, keyword) {
		verb = "adds " + in.Value()
	}
	return fmt.Sprintf("%s %s (%s %s); remove that line", in.Place(), verb, in.Keyword, in.Value())
}

// inTheWay returns the setting of another file that overrides the drop-in's own.
// It returns nil if there is none.
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
			return nil // ours, or one with the same value, comes first
		default:
			return &other
		}
	}
	return nil
}

func subset(words, of []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(of, word) })
}

// obstacle returns why the drop-in would not be in force, before it is written. If
// a file seems to override it, sshd decides: it knows when two spellings mean the
// same value.
func (s SSHDropin) obstacle(ctx context.Context, sys *system.System) error {
	for _, o := range s.Options {
		if s.inTheWay(sys, strings.ToLower(o.Keyword)) != nil {
			return s.staged(ctx, sys, func(path string) error { return s.wins(ctx, sys, "-f", path) })
		}
	}
	return nil
}

// staged writes the planned configuration to a temporary file, and calls use with
// its path.
func (s SSHDropin) staged(ctx context.Context, sys *system.System, use func(path string) error) error {
	staged, err := s.Stage(ctx, sys)
	if err != nil {
		return err
	}
	return withConfig(staged, use)
}

// hostKeys returns the HostKey lines of sshd_config. Without them sshd may find no
// key.
func hostKeys(main []byte) []byte {
	var lines []byte
	for line := range strings.Lines(string(main)) {
		if statement, err := sshdconf.Parse(line); err == nil && statement.Keyword == "hostkey" {
			lines = append(lines, line...)
		}
	}
	return lines
}

// sshdTells is the command with which sshd prints its options for a login that no
// Match applies to.
var sshdTells = SSHDTells(sshdconf.Nobody, nil)

// sshdEffective returns the options in force, of sshd's own configuration or of
// the one that "-f" names. If a keyword occurs several times, it has all its
// values.
func sshdEffective(ctx context.Context, s *system.System, config ...string) (map[string]string, error) {
	return keywords(ctx, s, append(slices.Clone(sshdTells), config...))
}

// keywords parses the output of `sshd -T`.
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
