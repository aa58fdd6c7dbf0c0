package sshdconf

import (
	"fmt"
	"slices"
	"strings"
)

// Door is a setting outside the policy that lets somebody or something in,
// although the policy keeps it out.
type Door struct {
	Setting
	Opens string // what it opens, to complete a sentence that begins with "it"
}

// Text says where the door is, for whom it opens, and what.
func (d Door) Text() string {
	text := fmt.Sprintf("%s: %s %s", d.Place(), d.Keyword, d.Value())
	if d.Match != "" {
		text = fmt.Sprintf("%s: %s %s, under Match %s", d.Place(), d.Keyword, d.Value(), d.Match)
	}
	return text + ": it " + d.Opens
}

// Doors returns the settings that open something in spite of the policy. A
// Match overrides what holds always (sshd_config(5)), and the server's command
// line overrides all files. The policy maps keywords in lower case to values.
func Doors(settings []Setting, policy map[string]string) []Door {
	var doors []Door
	for _, s := range settings {
		if s.Keyword == "-f" && s.Value() != Main {
			doors = append(doors, Door{s, "makes the server read a file other than " + Main})
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

// opens says what the setting opens that the wanted value keeps closed. It is
// empty if the setting is equal or stricter.
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

// stricter reports whether a value other than the wanted one lets nobody else
// in.
func (s Setting) stricter(want string) bool {
	switch s.Keyword {
	case "pubkeyauthentication":
		return true // no value of it lets anybody else in
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

// needsKey reports whether a list of AuthenticationMethods requires a key,
// alone or among others.
func needsKey(list string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(method string) bool {
		method, _, _ = strings.Cut(method, ":")
		return method == "publickey"
	})
}

// whatOpens says what each keyword opens if it differs from the policy.
var whatOpens = map[string]string{
	"permitrootlogin":              "lets root log in",
	"passwordauthentication":       "lets passwords in",
	"kbdinteractiveauthentication": "lets passwords in through keyboard-interactive",
	"permitemptypasswords":         "lets empty passwords in",
	"hostbasedauthentication":      "lets in every user that another machine vouches for",
	"gssapiauthentication":         "lets Kerberos tickets in",
	"kerberosauthentication":       "lets Kerberos passwords in",
	"authenticationmethods":        "lets somebody in without a key",
	"authorizedkeysfile":           "lets keys in from another file",
	"authorizedkeyscommand":        "lets in every key that a program names",
	"trustedusercakeys":            "lets in every holder of a certificate from that authority",
	"authorizedprincipalsfile":     "decides whom certificates let in",
	"authorizedprincipalscommand":  "decides whom certificates let in",
	"allowgroups":                  "lets other groups in",
	"permituserenvironment":        "lets users set variables that programs trust",
	"strictmodes":                  "accepts keys from files that others can write",
	"ignorerhosts":                 "lets in whoever ~/.rhosts names",
	"allowtcpforwarding":           "lets connections through the host",
	"allowstreamlocalforwarding":   "lets connections through the host",
	"allowagentforwarding":         "lets keys be used through the host",
	"x11forwarding":                "lets windows through the host",
	"permittunnel":                 "lets networks through the host",
	"gatewayports":                 "lets others use what is forwarded",
}
