package host

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
)

// path expands a value that names a file. It knows ~, ${VARIABLES} and tokens; see
// TOKENS and ENVIRONMENT VARIABLES in ssh_config(5).
func (s settings) path(keyword, value string) (string, error) {
	value, err := expandTilde(value, s.home)
	if err == nil {
		value, err = expandVariables(value)
	}
	if err == nil {
		value, err = s.tokens(value)
	}
	if err != nil {
		return "", badConfig("", fmt.Sprintf("%s %s cannot be used for %s", keyword, value, s.name), err)
	}
	return value, nil
}

// tokens replaces the tokens of ssh_config(5) in a text.
func (s settings) tokens(text string) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "%")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		if after == "" {
			return text, errors.New("it ends with a single %")
		}
		value, known := s.token(after[0])
		if !known {
			return text, fmt.Errorf("the token %%%c is not supported", after[0])
		}
		b.WriteString(value)
		text = after[1:]
	}
}

func (s settings) token(letter byte) (value string, known bool) {
	switch letter {
	case '%':
		return "%", true
	case 'd':
		return s.home, true
	case 'h':
		return s.hostname(), true
	case 'i':
		return fmt.Sprint(os.Getuid()), true
	case 'j':
		return s.get("proxyjump"), true
	case 'k':
		return firstNonEmpty(s.get("hostkeyalias"), s.name), true
	case 'L', 'l':
		name, err := os.Hostname()
		if letter == 'L' {
			name, _, _ = strings.Cut(name, ".")
		}
		return name, err == nil
	case 'n':
		return s.name, true
	case 'p':
		return firstNonEmpty(s.port, s.get("port"), "22"), true
	case 'r':
		return s.loginUser(), true
	case 'u':
		return s.local, true
	}
	return "", false
}

// expandTilde replaces ~ or ~user with the home directory.
func expandTilde(path, home string) (string, error) {
	if !strings.HasPrefix(path, "~") {
		return path, nil
	}
	name, rest, _ := strings.Cut(path[1:], "/")
	if name == "" {
		return filepath.Join(home, rest), nil
	}
	other, err := user.Lookup(name)
	if err != nil {
		return path, err
	}
	return filepath.Join(other.HomeDir, rest), nil
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// expandVariables replaces ${NAME} with the variable's value.
func expandVariables(text string) (string, error) {
	var missing error
	expanded := variable.ReplaceAllStringFunc(text, func(reference string) string {
		value, set := os.LookupEnv(reference[2 : len(reference)-1])
		if !set {
			missing = fmt.Errorf("%s is not set", reference)
		}
		return value
	})
	return expanded, missing
}

// agentSocket returns the path of the SSH agent's socket, or an empty string for no
// agent. fromEnvironment is the value of SSH_AUTH_SOCK.
func (s settings) agentSocket(fromEnvironment string) (string, error) {
	values := s.values["identityagent"]
	switch {
	case len(values) == 0, values[0] == "SSH_AUTH_SOCK":
		return fromEnvironment, nil
	case strings.EqualFold(values[0], "none"):
		return "", nil
	case strings.HasPrefix(values[0], "$") && !strings.HasPrefix(values[0], "${"):
		return os.Getenv(values[0][1:]), nil
	}
	return s.path("IdentityAgent", values[0])
}

// files returns the paths that a keyword names.
func (s settings) files(keyword, name string) ([]string, error) {
	var paths []string
	for _, value := range s.values[keyword] {
		if strings.EqualFold(value, "none") {
			continue
		}
		path, err := s.path(name, value)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
