package resource

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cairn/internal/system"
)

// Readers of directories in which a later file can take back what an earlier one
// says. A [File] that names its reader is as declared only if no later file does
// so.
const (
	ReaderApt      = "apt"      // unattended upgrades: apt.conf(5)
	ReaderJournald = "journald" // SystemMaxUse: journald.conf(5)
	ReaderLimits   = "limits"   // core dumps: limits.conf(5)
)

// inForce returns the settings that something else takes back, each with its
// cause. It is empty if the file's settings count.
func (f File) inForce(ctx context.Context, sys *system.System) ([]property, error) {
	switch f.Reader {
	case ReaderApt:
		return f.aptInForce(ctx, sys)
	case ReaderJournald:
		return f.journaldInForce(ctx, sys)
	case ReaderLimits:
		return f.limitsInForce(sys)
	}
	return nil, nil
}

// aptSwitches are the settings without which apt installs no security updates
// (/usr/lib/apt/apt.systemd.daily).
var aptSwitches = []string{"APT::Periodic::Enable", "APT::Periodic::Update-Package-Lists", "APT::Periodic::Unattended-Upgrade"}

// UpdatesOff returns the setting, with its value, that keeps apt from installing
// security updates, according to `apt-config dump`. An unset Enable counts as on.
func UpdatesOff(dump string) map[string]string {
	values, origins := map[string]string{}, []string{}
	for line := range strings.Lines(dump) {
		key, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), ";"), " ")
		value = strings.Trim(value, `"`)
		switch list, isItem := strings.CutSuffix(key, "::"); {
		case isItem && (list == "Unattended-Upgrade::Origins-Pattern" || list == "Unattended-Upgrade::Allowed-Origins"):
			origins = append(origins, value)
		case !isItem:
			values[key] = value
		}
	}
	off := map[string]string{}
	for _, key := range aptSwitches {
		if value, set := values[key]; value == "0" || !set && key != aptSwitches[0] {
			off[key] = wordOrNone(value)
		}
	}
	if !slices.ContainsFunc(origins, takesSecurity) {
		off["Unattended-Upgrade::Origins-Pattern"] = wordOrNone(strings.Join(origins, " "))
	}
	return off
}

func wordOrNone(word string) string {
	if word == "" {
		return "none"
	}
	return word
}

// takesSecurity reports whether an origin pattern lets security updates through.
// It may name them, or everything of an origin (unattended-upgrades' README).
func takesSecurity(origin string) bool {
	if strings.Contains(strings.ToLower(origin), "security") {
		return true
	}
	if !strings.Contains(origin, "=") {
		return false // "Debian:stable"
	}
	for part := range strings.SplitSeq(origin, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if narrow := []string{"l", "label", "a", "archive", "suite", "n", "codename"}; slices.Contains(narrow, key) && value != "*" {
			return false
		}
	}
	return true
}

// aptInForce looks for what a later file takes back. What this file itself will
// correct is a difference of its content.
func (f File) aptInForce(ctx context.Context, sys *system.System) ([]property, error) {
	out, err := sys.Ask(ctx, "apt-config", "dump")
	if err != nil || out.Exit == system.MissingProgram {
		return nil, errors.Join(err, failedToSay("apt-config", out))
	}
	if out.Exit != 0 {
		// A file that apt cannot read takes nothing back. If it is this one, its content
		// gets corrected. The look at the updates names any other.
		return nil, nil
	}
	later, err := after(sys, f.Path, "/etc/apt/apt.conf.d", "")
	if err != nil {
		return nil, err
	}
	later = append(later, "/etc/apt/apt.conf") // apt.conf(5): read last
	var properties []property
	off := UpdatesOff(string(out.Stdout))
	for _, key := range append(slices.Clone(aptSwitches), "Unattended-Upgrade::Origins-Pattern") {
		value, isOff := off[key]
		by := lastWith(sys, later, key[strings.LastIndex(key, ":")+1:])
		if isOff && by != "" {
			properties = append(properties, property{"in force: " + key, value + " by " + by, "updates on"})
		}
	}
	return properties, nil
}

func failedToSay(program string, out system.Output) error {
	if out.Exit == 0 {
		return nil
	}
	return fmt.Errorf("%s failed with exit code %d: %s", program, out.Exit, system.LastWords(out))
}

// after returns the files of a directory that are read later than another, in
// order.
func after(s *system.System, path, dir, suffix string) ([]string, error) {
	entries, err := os.ReadDir(s.Path(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var later []string
	for _, entry := range entries {
		if name := entry.Name(); name > filepath.Base(path) && strings.HasSuffix(name, suffix) && !strings.HasPrefix(name, ".") {
			later = append(later, dir+"/"+name)
		}
	}
	return later, nil
}

// lastWith returns the last of the files that contains a word outside of comments.
func lastWith(s *system.System, paths []string, word string) string {
	for _, path := range slices.Backward(paths) {
		content, _, _ := s.Read(path)
		for line := range strings.Lines(string(content)) {
			line = strings.TrimSpace(line)
			isComment := strings.HasPrefix(line, "//") || strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "#clear")
			if !isComment && strings.Contains(line, word) {
				return path
			}
		}
	}
	return ""
}

// journaldInForce reads all files as systemd merges them. A lower limit is fine.
func (f File) journaldInForce(ctx context.Context, sys *system.System) ([]property, error) {
	out, err := sys.Ask(ctx, "systemd-analyze", "cat-config", "systemd/journald.conf")
	if err != nil || out.Exit != 0 {
		return nil, errors.Join(err, failedToSay("systemd-analyze", out))
	}
	const key = "SystemMaxUse"
	wanted, _ := valueOf(f.Content.Text(), "Journal", key)
	value, by, ours := "", "", false
	for line := range strings.Lines(string(out.Stdout)) {
		line = strings.TrimSpace(line)
		if path, isHead := strings.CutPrefix(line, "# /"); isHead && strings.HasSuffix(path, ".conf") {
			by = "/" + path
			ours = ours || by == f.Path
		} else if name, set, found := strings.Cut(line, "="); found && name == key && (ours || by == f.Path) {
			value = set + " by " + by
		}
	}
	size, _, _ := strings.Cut(value, " by ")
	if value == "" || size != "" && bytesOf(size) <= bytesOf(wanted) {
		return nil, nil
	}
	return []property{{"in force: " + key, value, wanted}}, nil
}

// bytesOf reads a size as systemd writes it (systemd.syntax(7)): a number with K,
// M, G or T.
func bytesOf(text string) uint64 {
	text = strings.TrimSpace(text)
	shift := 0
	if n := len(text); n > 0 {
		if i := strings.IndexByte("KMGT", text[n-1]); i >= 0 {
			shift, text = 10*(i+1), text[:n-1]
		}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return ^uint64(0)
	}
	return n << shift
}

// limitsInForce looks for a later line on everybody's core dumps. Of two lines for
// the same domain the later one counts (limits.conf(5)).
func (f File) limitsInForce(sys *system.System) ([]property, error) {
	later, err := after(sys, f.Path, "/etc/security/limits.d", ".conf")
	if err != nil {
		return nil, err
	}
	found := ""
	for _, path := range later {
		content, _, err := sys.Read(path)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(content)) {
			line, _, _ = strings.Cut(line, "#")
			words := strings.Fields(line)
			if len(words) == 4 && words[0] == "*" && (words[1] == "hard" || words[1] == "-") && words[2] == "core" {
				found = ""
				if words[3] != "0" {
					found = words[3] + " by " + path
				}
			}
		}
	}
	if found == "" {
		return nil, nil
	}
	return []property{{"in force: core", found, "0"}}, nil
}
