package resource

import (
	"context"
	"fmt"
	"strings"
)

// wins compares, option by option, what sshd makes of a whole configuration with
// what it makes of the drop-in alone, which spells every value as sshd does.
func (s SSHDropin) wins(ctx context.Context, sys *System, config ...string) error {
	have, err := sys.sshdEffective(ctx, config...)
	if err != nil {
		return err
	}
	main, _, err := sys.read(sshdConfig)
	if err != nil {
		return err
	}
	return withConfig(append(s.file().Content, hostKeys(main)...), func(path string) error {
		want, err := sys.sshdEffective(ctx, "-f", path)
		if err != nil {
			return err
		}
		for _, o := range s.Options {
			key := strings.ToLower(o.Keyword)
			if have[key] != want[key] {
				return fmt.Errorf("sshd makes %q of %s instead of %q: another file sets it too", have[key], o.Keyword, want[key])
			}
		}
		return nil
	})
}

// hostKeys are the lines of sshd_config without which sshd may find no key.
func hostKeys(main []byte) []byte {
	var lines []byte
	for line := range strings.Lines(string(main)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.EqualFold(fields[0], "HostKey") {
			lines = append(lines, line...)
		}
	}
	return lines
}

// sshdEffective is what sshd makes of a configuration: its own, or another that
// "-f" names. A keyword that stands there several times has all its values.
func (s *System) sshdEffective(ctx context.Context, config ...string) (map[string]string, error) {
	out, err := s.run(ctx, append([]string{sshdProgram, "-T"}, config...)...)
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
