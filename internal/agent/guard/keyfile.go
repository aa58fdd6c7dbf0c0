package guard

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"cairn/internal/resource"
)

// fileInfo is the result of stat(2), with the owner.
type fileInfo struct{ syscall.Stat_t }

func (f fileInfo) isRegular() bool { return f.Mode&syscall.S_IFMT == syscall.S_IFREG }
func (f fileInfo) mode() uint32    { return uint32(f.Mode) & 0o7777 }

func (g *guard) stat(path string) (fileInfo, error) {
	var info fileInfo
	err := syscall.Stat(filepath.Join(g.System.Root, path), &info.Stat_t)
	return info, err
}

// withoutKey returns why the SSH server would not find the owner's key. It looks
// where the server would look (sshd_config(5), AuthorizedKeysFile and StrictModes).
func (g *guard) withoutKey(config settings, u user) []string {
	if command := config.first("authorizedkeyscommand"); command != "" && command != "none" {
		return nil // a program decides about keys, so only a login can prove them
	}
	var reasons, looked []string
	for _, pattern := range config["authorizedkeysfile"] {
		if pattern == "none" {
			continue
		}
		path := keyPath(pattern, u)
		looked = append(looked, path)
		content, err := os.ReadFile(filepath.Join(g.System.Root, path))
		if err != nil || !g.holdsKey(string(content)) {
			continue
		}
		reason := ""
		if config.is("strictmodes", "yes") {
			reason = g.unsafe(path, u)
		}
		if reason == "" {
			return nil
		}
		reasons = append(reasons, reason)
	}
	if len(reasons) == 0 {
		reasons = []string{"the owner's key is not in " + strings.Join(looked, " or ")}
	}
	return reasons
}

// keyPath replaces sshd's tokens in a path.
func keyPath(pattern string, u user) string {
	path := strings.NewReplacer("%%", "%", "%h", u.home, "%u", u.name, "%U", strconv.Itoa(u.uid)).Replace(pattern)
	if !filepath.IsAbs(path) {
		path = filepath.Join(u.home, path)
	}
	return path
}

// ownersKey returns the line of the owner's key. It is empty if the plan does not
// name the key.
func (g *guard) ownersKey() string {
	for _, step := range g.plan.Steps {
		if key, ok := step.Resource.(resource.AuthorizedKey); ok && key.User == g.plan.owner() {
			return key.Line
		}
	}
	return ""
}

// holdsKey reports whether one of the lines is the owner's key. If the plan does
// not name the key, any key counts.
func (g *guard) holdsKey(content string) bool {
	want := ""
	if fields := strings.Fields(g.ownersKey()); len(fields) > 1 {
		want = fields[1]
	}
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if want == "" || strings.Contains(" "+line+" ", " "+want+" ") {
			return true
		}
	}
	return false
}

// unsafe returns why StrictModes would ignore a file of keys: another user could
// change it, or a directory between it and the home.
func (g *guard) unsafe(path string, u user) string {
	for at := path; ; at = filepath.Dir(at) {
		info, err := g.stat(at)
		if err != nil {
			return err.Error()
		}
		if (info.Uid != 0 && int(info.Uid) != u.uid) || info.mode()&0o022 != 0 {
			return fmt.Sprintf("others can change %s (mode %04o, owner %d), so the SSH server would ignore the key", at, info.mode(), info.Uid)
		}
		if at == u.home || at == "/" || at == "." {
			return ""
		}
	}
}
