package guard

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// user is an account, as the name service reports it.
type user struct {
	name, home, shell string
	uid               int
	groups            []string
	shadow            []string // fields of shadow(5); nil where there is no line
}

func parseUser(passwd, groups, shadow string) (user, error) {
	fields := strings.Split(passwd, ":")
	if len(fields) != 7 {
		return user{}, fmt.Errorf("%q is not a line of passwd", passwd)
	}
	uid, err := strconv.Atoi(fields[2])
	if err != nil {
		return user{}, fmt.Errorf("the user %s has no valid UID: %w", fields[0], err)
	}
	u := user{name: fields[0], uid: uid, home: fields[5], shell: fields[6], groups: strings.Fields(groups)}
	if u.shell == "" {
		u.shell = "/bin/sh" // passwd(5)
	}
	if line := strings.Split(shadow, ":"); len(line) == 9 {
		u.shadow = line
	}
	return u, nil
}

// Fields of shadow(5) that count days.
const (
	lastChange = 2
	maximumAge = 4
	expiration = 7
)

// unusable returns why the account could not be used at that time, even with the
// right key. Without PAM sshd also refuses locked passwords (sshd_config(5),
// UsePAM, and sshd(8), "!" before the password).
func (u user) unusable(now time.Time, pam bool) []string {
	if u.shadow == nil {
		return nil
	}
	var reasons []string
	today := int(now.Unix() / (24 * 60 * 60))
	if strings.HasPrefix(u.shadow[1], "!") && !pam {
		reasons = append(reasons, "the account is locked and UsePAM is off")
	}
	if day, set := u.days(expiration); set && today >= day {
		reasons = append(reasons, "the account has expired")
	}
	changed, known := u.days(lastChange)
	longest, limited := u.days(maximumAge)
	switch {
	case known && changed == 0:
		reasons = append(reasons, "the password has to be changed at the next login")
	case known && limited && today > changed+longest:
		reasons = append(reasons, "the password has expired")
	}
	return reasons
}

func (u user) days(field int) (int, bool) {
	n, err := strconv.Atoi(u.shadow[field])
	return n, err == nil && n >= 0
}
