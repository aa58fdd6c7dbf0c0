package sshdconf

import (
	"errors"
	"strings"
)

// Statement is one line of a configuration: a keyword in lower case, and its
// arguments without quotes. An empty keyword is a line without a statement.
type Statement struct {
	Keyword string
	Args    []string
}

// formerNames are old keywords that sshd still accepts for today's (servconf.c,
// the table of keywords).
var formerNames = map[string]string{
	"challengeresponseauthentication": "kbdinteractiveauthentication",
	"skeyauthentication":              "kbdinteractiveauthentication",
	"pubkeyacceptedkeytypes":          "pubkeyacceptedalgorithms",
	"hostbasedacceptedkeytypes":       "hostbasedacceptedalgorithms",
	"keepalive":                       "tcpkeepalive",
	"dsaauthentication":               "pubkeyauthentication",
}

const blank = " \t\r\n"

// Parse reads one line as sshd does. A blank or one "=" ends the keyword.
// Arguments may stand in quotes. A "#" at the beginning of a word begins a
// comment.
func Parse(line string) (Statement, error) {
	line = strings.TrimRight(line, blank+"\f")
	keyword, rest, err := cutKeyword(strings.TrimLeft(line, blank))
	if err != nil || keyword == "" || strings.HasPrefix(keyword, "#") {
		return Statement{}, err
	}
	keyword = strings.ToLower(keyword)
	if now, former := formerNames[keyword]; former {
		keyword = now
	}
	args, err := split(rest)
	if err != nil {
		return Statement{}, err
	}
	return Statement{keyword, args}, nil
}

// cutKeyword is strdelim (misc.c): the word ends at a blank, at "=" or at a
// quote. One "=" after it is skipped.
func cutKeyword(line string) (keyword, rest string, err error) {
	if strings.HasPrefix(line, "#") {
		return "", "", nil
	}
	at := strings.IndexAny(line, blank+`"=`)
	if at < 0 {
		return line, "", nil
	}
	if line[at] == '"' {
		before := line[:at]
		quoted, after, closed := strings.Cut(line[at+1:], `"`)
		if !closed {
			return "", "", errors.New("a quote is not closed")
		}
		return before + quoted, strings.TrimLeft(after, blank), nil
	}
	rest = strings.TrimLeft(line[at+1:], blank)
	if line[at] != '=' && strings.HasPrefix(rest, "=") {
		rest = strings.TrimLeft(rest[1:], blank)
	}
	return line[:at], rest, nil
}

// split is argv_split (misc.c), which ends at a comment.
func split(text string) ([]string, error) {
	var args []string
	for at := 0; at < len(text); {
		if text[at] == ' ' || text[at] == '\t' {
			at++
			continue
		}
		if text[at] == '#' {
			break
		}
		arg, next, err := word(text, at)
		if err != nil {
			return nil, err
		}
		args, at = append(args, arg), next
	}
	return args, nil
}

// word reads one argument from a position, and returns where it ends. A
// backslash escapes a quote, another backslash and, outside quotes, a blank.
func word(text string, at int) (arg string, next int, err error) {
	var b strings.Builder
	quote := byte(0)
	for ; at < len(text); at++ {
		c := text[at]
		switch {
		case c == '\\' && at+1 < len(text) && (strings.IndexByte(`'"\`, text[at+1]) >= 0 || quote == 0 && text[at+1] == ' '):
			at++
			b.WriteByte(text[at])
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), at, nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", at, errors.New("a quote is not closed")
	}
	return b.String(), at, nil
}
