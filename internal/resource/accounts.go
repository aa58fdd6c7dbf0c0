package resource

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// account is a line of /etc/passwd (passwd(5)).
type account struct {
	name        string
	uid, gid    int
	home, shell string
}

// accountOf reads one user from the host's own file. Users of a directory
// service are none of Cairn's.
func (s *System) accountOf(name string) (account, bool, error) {
	fields, found, err := s.entry("/etc/passwd", name, 7)
	if err != nil || !found {
		return account{}, false, err
	}
	uid, errUID := strconv.Atoi(fields[2])
	gid, errGID := strconv.Atoi(fields[3])
	if errUID != nil || errGID != nil {
		return account{}, false, fmt.Errorf("/etc/passwd: the line of %s has no numbers", name)
	}
	return account{name, uid, gid, fields[5], fields[6]}, true, nil
}

// groupID is the number of a group.
func (s *System) groupID(name string) (int, bool, error) {
	fields, found, err := s.entry("/etc/group", name, 4)
	if err != nil || !found {
		return 0, false, err
	}
	gid, err := strconv.Atoi(fields[2])
	return gid, err == nil, err
}

// hasGroupID reports whether a group has the number.
func (s *System) hasGroupID(gid int) (bool, error) {
	content, _, err := s.read("/etc/group")
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

// groupsOf are the groups that list the user, in order.
func (s *System) groupsOf(user string) ([]string, error) {
	content, _, err := s.read("/etc/group")
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

// entry finds the line of a name in a file of fields.
func (s *System) entry(path, name string, fields int) ([]string, bool, error) {
	content, _, err := s.read(path)
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

// owner resolves the owner and group of a file; empty names are root's.
func (s *System) owner(user, group string) (uid, gid int, err error) {
	if user != "" && user != "root" {
		a, found, err := s.accountOf(user)
		if err != nil || !found {
			return 0, 0, orMissing(err, "user", user)
		}
		uid, gid = a.uid, a.gid
	}
	if group != "" && group != "root" {
		id, found, err := s.groupID(group)
		if err != nil || !found {
			return 0, 0, orMissing(err, "group", group)
		}
		gid = id
	}
	return uid, gid, nil
}

func orMissing(err error, what, name string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("there is no %s %s", what, name)
}

// accountName is what useradd(8) and groupadd(8) of Debian take.
var accountName = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)

func validName(what, name string) error {
	if !accountName.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a %s", name, what)
	}
	return nil
}
