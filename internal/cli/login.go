package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"cairn/internal/host"
	"cairn/internal/lab"
	"cairn/internal/problem"
)

// loginFlags are those of commands that reach hosts.
type loginFlags struct {
	users       []string
	askPassword bool
	askSudo     bool
	fingerprint string
}

func (f *loginFlags) addFlags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.users, "first-user", nil,
		"who logs in on first contact, before your own account exists: `NAME`, or HOST=NAME for one host; may be given several times")
	flags.BoolVar(&f.askPassword, "ask-password", false, "ask for each host's login password on first contact; it is not stored")
	flags.BoolVar(&f.askSudo, "ask-sudo-password", false,
		"ask for each host's sudo password on first contact, or for root's if the user has no sudo; it is not stored")
	flags.StringVar(&f.fingerprint, "fingerprint", "", "accept a new host's key with this `SHA256` fingerprint without asking")
}

// login says how to log in where the owner's key is not accepted yet.
func (f loginFlags) login(l *lab.Lab) (host.Login, error) {
	how := host.Login{AskPassword: f.askPassword, AskSudo: f.askSudo, Users: map[string]string{}}
	for _, given := range f.users {
		name, user, one := strings.Cut(given, "=")
		if !one {
			user = name
		}
		if !lab.IsFirstUser(user) {
			return how, problem.New(problem.LabBadValue, "--first-user", fmt.Sprintf("%q is not a user name", user)).
				WithFix("give NAME, or HOST=NAME for one host")
		}
		if !one {
			how.User = user
			continue
		}
		if _, known := l.Host(name); !known {
			return how, problem.New(problem.LabUnknown, "--first-user", fmt.Sprintf("lab.yaml has no host %q", name))
		}
		how.Users[name] = user
	}
	return how, nil
}
