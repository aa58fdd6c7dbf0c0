package host

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kevinburke/ssh_config"

	"cairn/internal/problem"
)

// everyHost finds what ~/.ssh/config says of all hosts: only the pattern * matches it.
const everyHost = "*"

// sshConfig is the owner's ~/.ssh/config (ssh_config(5)): User, IdentityFile,
// IdentityAgent and ProxyJump of a host, under its name in the lab or its address.
// A lab's hosts have their address and port from the lab, because the firewall is
// made from those; HostName and Port are taken for hosts to go through.
type sshConfig struct {
	parsed *ssh_config.Config
	home   string
}

func readSSHConfig(home string) (sshConfig, error) {
	if home == "" {
		return sshConfig{}, nil
	}
	path := filepath.Join(home, ".ssh", "config")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return sshConfig{home: home}, nil
	}
	if err != nil {
		return sshConfig{}, problem.Wrap(problem.HostSSHConfig, path, "the file cannot be read", err)
	}
	parsed, err := ssh_config.DecodeBytes(withoutConditions(content))
	if err != nil {
		return sshConfig{}, problem.Wrap(problem.HostSSHConfig, path, "the file cannot be understood", err)
	}
	return sshConfig{parsed, home}, nil
}

// withoutConditions makes blocks that begin with Match and a condition other than
// "all" or one host apply to nothing: the parser refuses the file for them, and
// what they ask (exec, user, localnetwork) is not Cairn's to find out.
func withoutConditions(content []byte) []byte {
	var kept bytes.Buffer
	for line := range bytes.Lines(content) {
		words := strings.Fields(strings.ToLower(string(line)))
		if len(words) > 0 && words[0] == "match" && !(len(words) == 2 && words[1] == "all") && !(len(words) == 3 && words[1] == "host") {
			line = []byte("Host !*\n")
		}
		kept.Write(line)
	}
	return kept.Bytes()
}

// get is a keyword's first value under the first of the aliases that has one.
func (c sshConfig) get(keyword string, aliases ...string) string {
	if c.parsed == nil {
		return ""
	}
	for _, alias := range aliases {
		if value, err := c.parsed.Get(alias, keyword); err == nil && value != "" {
			return value
		}
	}
	return ""
}

// jump is the hosts to go through, comma-separated; empty for none.
func (c sshConfig) jump(aliases ...string) string {
	if jump := c.get("ProxyJump", aliases...); !strings.EqualFold(jump, "none") {
		return jump
	}
	return ""
}

// agentSocket is where to find the SSH agent, given what SSH_AUTH_SOCK says.
func (c sshConfig) agentSocket(fromEnvironment string, aliases ...string) string {
	switch named := c.get("IdentityAgent", aliases...); {
	case named == "", named == "SSH_AUTH_SOCK":
		return fromEnvironment
	case strings.EqualFold(named, "none"):
		return ""
	case named[0] == '$':
		return os.ExpandEnv(named)
	default:
		return expandHome(named, c.home)
	}
}

// identityFiles are the private keys that are named.
func (c sshConfig) identityFiles(aliases ...string) []string {
	if c.parsed == nil {
		return nil
	}
	var paths []string
	for _, alias := range aliases {
		named, err := c.parsed.GetAll(alias, "IdentityFile")
		if err != nil {
			continue
		}
		for _, path := range named {
			if !strings.EqualFold(path, "none") {
				paths = append(paths, expandHome(path, c.home))
			}
		}
	}
	return paths
}

// expandHome puts the home directory in the place of ~ or %d.
func expandHome(path, home string) string {
	for _, sign := range []string{"~/", "%d/"} {
		if rest, found := strings.CutPrefix(path, sign); found {
			return filepath.Join(home, rest)
		}
	}
	return path
}
