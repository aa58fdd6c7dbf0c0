package host

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cairn/internal/lab"
	"cairn/internal/problem"
	"cairn/internal/system"
)

// firstLogin says how a host was entered before the owner's own login worked, so
// that the next command can do the same. It records which passwords to ask for, and
// never a password.
type firstLogin struct {
	User     string `json:"user"`
	Password bool   `json:"password,omitempty"` // one was needed to log in
	Root     string `json:"root,omitempty"`     // the program that asked for one to become root: sudo or su
}

// firstLoginsFile is the file in the lab's state folder. Its keys are host names.
const firstLoginsFile = "first-logins.json"

// firstLogins reads the remembered logins. A missing file means none.
func (c *Connector) firstLogins() (map[string]firstLogin, error) {
	path := filepath.Join(c.options.Dir, firstLoginsFile)
	all := map[string]firstLogin{}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &all)
	}
	if err != nil {
		return nil, firstLoginsBad("the remembered first logins cannot be read", path, err)
	}
	return all, nil
}

// remember stores how a host was entered. A zero login removes the entry.
func (c *Connector) remember(host string, login firstLogin) error {
	path := filepath.Join(c.options.Dir, firstLoginsFile)
	unlock, err := lockDir(c.options.Dir)
	if err != nil {
		return firstLoginsBad("the first login cannot be remembered", path, err)
	}
	defer unlock()
	all, err := c.firstLogins()
	if err != nil || all[host] == login {
		return err
	}
	all[host] = login
	if login == (firstLogin{}) {
		delete(all, host)
	}
	content, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = system.ReplaceFile(path, append(content, '\n'), 0o600)
	}
	if err != nil {
		return firstLoginsBad("the first login cannot be remembered", path, err)
	}
	return nil
}

func firstLoginsBad(summary, path string, err error) error {
	return problem.Wrap(problem.HostFirstLogins, path, summary, err)
}

// Remember stores how the session's host was entered, for the commands that run
// before the owner's own login works. It stores no password.
func (c *Connector) Remember(s *Session) error {
	if s.ownersWay() {
		return c.remember(s.host.Name, firstLogin{})
	}
	return c.remember(s.host.Name, s.entered)
}

// remembered fills in what the owner did not say, from the lab file's first user
// and from what `host add` found to work.
func (c *Connector) remembered(h lab.Host, how Login) (Login, error) {
	all, err := c.firstLogins()
	if err != nil {
		return how, err
	}
	before, known := all[h.Name]
	how.User = firstNonEmpty(how.Users[h.Name], how.User, h.FirstUser, before.User)
	if known && how.User == before.User {
		how.AskPassword = how.AskPassword || before.Password
		how.AskSudo = how.AskSudo || before.Root != ""
		how.su = before.Root == bySu
	}
	return how, nil
}

// forgetFirst removes the remembered login once it is no longer needed: the owner
// got in with the key, and became root without a password.
func (c *Connector) forgetFirst(s *Session) error {
	all, err := c.firstLogins()
	if _, known := all[s.host.Name]; err != nil || !known || !s.ownersWay() {
		return err
	}
	return c.remember(s.host.Name, firstLogin{})
}

// ownersWay reports whether the owner got in with the key and to root without a
// password, or needs no root.
func (s *Session) ownersWay() bool { return s.entered == firstLogin{User: s.host.User} }
