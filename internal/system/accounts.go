package system

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Account is a line of /etc/passwd (passwd(5)).
type Account struct {
	Name        string
	UID, GID    int
	Home, Shell string
}

// AccountOf reads one user from the host's /etc/passwd, and reports whether it
// exists. Cairn does not manage users of a directory service (LDAP and the like).
func (s *System) AccountOf(name string) (Account, bool, error) {
	fields, found, err := s.entry("/etc/passwd", name, 7)
	if err != nil || !found {
		return Account{}, false, err
	}
	uid, errUID := strconv.Atoi(fields[2])
	gid, errGID := strconv.Atoi(fields[3])
	if errUID != nil || errGID != nil {
		return Account{}, false, fmt.Errorf("/etc/passwd: the line of %s has no valid UID and GID", name)
	}
	return Account{name, uid, gid, fields[5], fields[6]}, true, nil
}

// GroupID returns the number of a group, and whether the group exists.
func (s *System) GroupID(name string) (int, bool, error) {
	fields, found, err := s.entry("/etc/group", name, 4)
	if err != nil || !found {
		return 0, false, err
	}
	gid, err := strconv.Atoi(fields[2])
	return gid, err == nil, err
}

// hasGroupID reports whether a group with that number exists.
func (s *System) hasGroupID(gid int) (bool, error) {
	content, _, err := s.Read("/etc/group")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(content)) {
		if fields := strings.Split(line, ":"); len(fields) == 4 && fields[2] == strconv.Itoa(gid) {
			return true, nil
		}
	}
	return false, nil
}

// GroupsOf returns the groups that list the user, sorted.
func (s *System) GroupsOf(user string) ([]string, error) {
	content, _, err := s.Read("/etc/group")
	if err != nil {
		return nil, err
	}
	var groups []string
	for line := range strings.Lines(string(content)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), ":")
		if len(fields) == 4 && slices.Contains(strings.Split(fields[3], ","), user) {
			groups = append(groups, fields[0])
		}
	}
	slices.Sort(groups)
	return groups, nil
}

// entry finds the line of a name in a file with that many fields.
func (s *System) entry(path, name string, fields int) ([]string, bool, error) {
	content, _, err := s.Read(path)
	if err != nil {
		return nil, false, err
	}
	for line := range strings.Lines(string(content)) {
		parts := strings.Split(strings.TrimRight(line, "\n"), ":")
		if len(parts) == fields && parts[0] == name {
			return parts, true, nil
		}
	}
	return nil, false, nil
}

// Owner returns the UID and GID of a user and a group. An empty name means root, and
// a number stands for itself: users in containers have no account on the host.
func (s *System) Owner(user, group string) (uid, gid int, err error) {
	number, isNumber := numberOf(user)
	switch {
	case user == "" || user == "root":
	case isNumber:
		uid = number
	default:
		a, found, err := s.AccountOf(user)
		if err != nil || !found {
			return 0, 0, orMissing(err, "user", user)
		}
		uid, gid = a.UID, a.GID
	}
	number, isNumber = numberOf(group)
	switch {
	case group == "" || group == "root":
	case isNumber:
		gid = number
	default:
		id, found, err := s.GroupID(group)
		if err != nil || !found {
			return 0, 0, orMissing(err, "group", group)
		}
		gid = id
	}
	return uid, gid, nil
}

// numberOf returns the id that a text of digits stands for.
func numberOf(name string) (id int, isNumber bool) {
	n, err := strconv.ParseUint(name, 10, 31)
	return int(n), err == nil
}

func orMissing(err error, what, name string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("there is no %s %s", what, name)
}

// accountName matches the names that Debian's useradd(8) and groupadd(8) accept.
var accountName = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)

// ValidName returns an error for a text that cannot be the name of a user or group.
// what is "user" or "group".
func ValidName(what, name string) error {
	if !accountName.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a %s", name, what)
	}
	return nil
}
