package sshdconf

import (
	"fmt"
	"slices"
	"strings"
)

// Door is a setting of others that lets somebody in, or something through, that
// a policy keeps out.
type Door struct {
	Setting
	Opens string // what it opens, as the end of a sentence that begins with "it"
}

// Text names the door: where it stands, for whom, and what it opens.
func (d Door) Text() string {
	text := fmt.Sprintf("%s: %s %s", d.Place(), d.Keyword, d.Value())
	if d.Match != "" {
		text = fmt.Sprintf("%s: %s %s, under Match %s", d.Place(), d.Keyword, d.Value(), d.Match)
	}
	return text + ": it " + d.Opens
}

// Doors are those settings that open something although the policy stands before
// them: what a Match decides comes over what holds always (sshd_config(5)), and
// what the server's command line says comes before all files. The policy is
// keywords in lower case and their values.
func Doors(settings []Setting, policy map[string]string) []Door {
	var doors []Door
	for _, s := range settings {
		if s.Keyword == "-f" && s.Value() != Main {
			doors = append(doors, Door{s, "has the server read another file than " + Main})
			continue
		}
		want, ours := policy[s.Keyword]
		if !ours || s.Match == "" && !s.Command {
			continue
		}
		if opens := s.opens(want); opens != "" {
			doors = append(doors, Door{s, opens})
		}
	}
	return doors
}

// opens is what the setting opens that the wanted value keeps closed; empty when
// it is the same or stricter.
func (s Setting) opens(want string) string {
	value := strings.ToLower(s.Value())
	switch {
	case value == strings.ToLower(want), s.stricter(want):
		return ""
	case whatOpens[s.Keyword] != "":
		return whatOpens[s.Keyword]
	}
	return fmt.Sprintf("takes the place of %s %s", s.Keyword, want)
}

// stricter reports values other than the wanted one that let nobody in besides.
func (s Setting) stricter(want string) bool {
	switch s.Keyword {
	case "pubkeyauthentication":
		return true // whatever it says, nobody else gets in by it
	case "authenticationmethods":
		return !slices.ContainsFunc(s.Args, func(list string) bool { return !needsKey(list) })
	case "authorizedkeysfile":
		return !slices.ContainsFunc(s.Args, func(file string) bool {
			return !slices.Contains([]string{"none", want, "%h/" + want}, file)
		})
	case "allowgroups":
		return !slices.ContainsFunc(s.Args, func(group string) bool { return group != want })
	case "allowtcpforwarding", "allowstreamlocalforwarding":
		value := strings.ToLower(s.Value())
		return want == "yes" || want == "all" || value == "no"
	}
	return false
}

// needsKey reports whether a list of AuthenticationMethods asks for a key, alone
// or among others.
func needsKey(list string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(method string) bool {
		method, _, _ = strings.Cut(method, ":")
		return method == "publickey"
	})
}

// whatOpens is what each keyword opens when it is not as a policy wants it.
var whatOpens = map[string]string{
	"permitrootlogin":              "lets root log in",
	"passwordauthentication":       "lets passwords in",
	"kbdinteractiveauthentication": "lets passwords in by way of keyboard-interactive",
	"permitemptypasswords":         "lets empty passwords in",
	"hostbasedauthentication":      "lets in whoever another machine vouches for",
	"gssapiauthentication":         "lets Kerberos tickets in",
	"kerberosauthentication":       "lets Kerberos passwords in",
	"authenticationmethods":        "lets somebody in without a key",
	"authorizedkeysfile":           "lets keys in from another file",
	"authorizedkeyscommand":        "lets in every key that a program names",
	"trustedusercakeys":            "lets in whoever has a certificate of that authority",
	"authorizedprincipalsfile":     "says whom certificates let in",
	"authorizedprincipalscommand":  "says whom certificates let in",
	"allowgroups":                  "lets other groups in",
	"permituserenvironment":        "lets users set what programs trust",
	"strictmodes":                  "takes keys from files that others can write",
	"ignorerhosts":                 "lets in whoever ~/.rhosts names",
	"allowtcpforwarding":           "lets connections through the host",
	"allowstreamlocalforwarding":   "lets connections through the host",
	"allowagentforwarding":         "lets keys be used through the host",
	"x11forwarding":                "lets windows through the host",
	"permittunnel":                 "lets networks through the host",
	"gatewayports":                 "lets others use what is forwarded",
}
