package guard

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"cairn/internal/resource"
	"cairn/internal/system"
	"cairn/internal/wire"
)

// mostAccounts limits how many accounts are checked against the SSH server's
// configuration, each by a program of its own.
const mostAccounts = 32

// Accounts returns the host's own users who can now log in over SSH from an address,
// with a key or a password. It also returns users whose keys do not work now. They are
// sorted by name. What cannot be read counts as missing. It is safe for concurrent
// use.
func Accounts(ctx context.Context, sys *system.System, peer string, now time.Time) (accounts []wire.Account, more int) {
	users := candidates(sys)
	if len(users) > mostAccounts {
		users, more = users[:mostAccounts], len(users)-mostAccounts
	}
	found := make([]wire.Account, len(users))
	options := append([]string{}, resource.SSHDOptions(ctx, sys)...)
	var wait sync.WaitGroup
	for i, u := range users {
		wait.Go(func() {
			g := &guard{Env: Env{System: sys, Now: func() time.Time { return now }}, plan: Plan{Owner: u.name, Peer: peer}, options: options}
			found[i] = g.waysIn(ctx, u)
		})
	}
	wait.Wait()
	return slices.DeleteFunc(found, func(a wire.Account) bool { return a.Keys+a.Asleep == 0 && !a.Password }), more
}

// candidates returns the users with a shell and with a password or a folder of
// keys. They are few, since most accounts of a host are for services.
func candidates(sys *system.System) []user {
	g := &guard{Env: Env{System: sys}}
	shadow := linesByName(g.text("/etc/shadow"))
	groups := g.text("/etc/group")
	var users []user
	for name, line := range linesByName(g.text("/etc/passwd")) {
		u, err := parseUser(line, groupsOf(groups, name, line), shadow[name])
		if err != nil || len(g.withoutShell(u)) > 0 {
			continue
		}
		if _, err := g.stat(filepath.Join(u.home, ".ssh")); err == nil || u.hasPassword() || u.uid == 0 {
			users = append(users, u)
		}
	}
	sort.Slice(users, func(i, j int) bool { return users[i].name < users[j].name })
	return users
}

func (g *guard) text(path string) string {
	content, err := os.ReadFile(filepath.Join(g.System.Root, path))
	if err != nil {
		return ""
	}
	return string(content)
}

// linesByName returns the lines of a file such as passwd(5), by their first field.
func linesByName(text string) map[string]string {
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if name, _, found := strings.Cut(line, ":"); found && name != "" {
			lines[name] = line
		}
	}
	return lines
}

// groupsOf returns the names of a user's own group and of those that list the user,
// separated by spaces (group(5)).
func groupsOf(groups, name, passwd string) string {
	own := ""
	if fields := strings.Split(passwd, ":"); len(fields) == 7 {
		own = fields[3]
	}
	var names []string
	for line := range strings.Lines(groups) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) == 4 && (fields[2] == own || slices.Contains(strings.Split(fields[3], ","), name)) {
			names = append(names, fields[0])
		}
	}
	return strings.Join(names, " ")
}

// hasPassword reports whether the user has a usable password. "!" and "*" start an
// unusable one (shadow(5)).
func (u user) hasPassword() bool {
	return u.shadow != nil && u.shadow[1] != "" && !strings.ContainsAny(u.shadow[1][:1], "!*")
}

// waysIn checks an account against sshd's effective settings for it.
func (g *guard) waysIn(ctx context.Context, u user) wire.Account {
	account := wire.Account{Name: u.name, UID: u.uid, Groups: u.groups}
	config, err := g.effective(ctx, "")
	if err != nil {
		return account
	}
	out := len(config.keepsOut(u, g.plan.Peer)) > 0 || u.expired(g.Now())
	if keys := g.keysOf(config, u); out || len(config.refuses(u, g.plan.Peer)) > 0 {
		account.Asleep = keys
	} else {
		account.Keys = keys
	}
	account.Password = !out && u.hasPassword() && config.takesPassword(u)
	return account
}

// expired reports whether the account has expired, not only its password.
func (u user) expired(now time.Time) bool {
	if u.shadow == nil {
		return false
	}
	day, set := u.days(expiration)
	return set && int(now.Unix()/(24*60*60)) >= day
}

// takesPassword reports whether the server would let the user in with a password
// alone (sshd_config(5)).
func (s settings) takesPassword(u user) bool {
	if u.uid == 0 && !s.is("permitrootlogin", "yes") {
		return false
	}
	interactive := s.is("kbdinteractiveauthentication", "yes") && s.is("usepam", "yes")
	methods := s["authenticationmethods"]
	allowed := func(method string) bool {
		return len(methods) == 0 || slices.Contains(methods, "any") || slices.Contains(methods, method)
	}
	return s.is("passwordauthentication", "yes") && allowed("password") || interactive && allowed("keyboard-interactive")
}

// keysOf counts the user's keys in the files that the server reads.
func (g *guard) keysOf(config settings, u user) int {
	n := 0
	for _, pattern := range config["authorizedkeysfile"] {
		path := keyPath(pattern, u)
		if pattern == "none" || config.is("strictmodes", "yes") && g.unsafe(path, u) != "" {
			continue
		}
		for line := range strings.Lines(g.text(path)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				n++
			}
		}
	}
	return n
}
