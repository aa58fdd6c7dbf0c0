package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// configFile is ~/.ssh/config, read without ssh(1). It supports Host and Include,
// and a Match that is as simple as Host.
type configFile struct{ parsed *ssh_config.Config }

func readConfigFile(home string) (configFile, error) {
	path := filepath.Join(home, ".ssh", "config")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return configFile{}, nil
	}
	if err != nil {
		return configFile{}, badConfig(path, "the file cannot be read", err)
	}
	if line, text := firstCondition(content); line > 0 {
		return configFile{}, badConfig(fmt.Sprintf("%s:%d", path, line), fmt.Sprintf("only ssh(1) can evaluate %q; install OpenSSH's client", text), nil)
	}
	parsed, err := ssh_config.DecodeBytes(content)
	if err != nil {
		return configFile{}, badConfig(path, "the file cannot be parsed", err)
	}
	return configFile{parsed}, nil
}

// firstCondition finds the first Match line whose condition is not "all" or one
// host. Cairn does not guess what such a block means.
func firstCondition(content []byte) (number int, text string) {
	for line := range bytes.Lines(content) {
		number++
		words := strings.Fields(strings.ToLower(string(line)))
		if len(words) > 0 && words[0] == "match" && !(len(words) == 2 && words[1] == "all") && !(len(words) == 3 && words[1] == "host") {
			return number, strings.TrimSpace(string(line))
		}
	}
	return 0, ""
}

// usualKeys are the keys that ssh(1) tries if the configuration names none.
var usualKeys = []string{"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"}

// values returns what the file says about a name.
func (f configFile) values(q question) (map[string][]string, error) {
	values := map[string][]string{}
	for _, keyword := range keywords {
		if f.parsed == nil {
			break
		}
		named, err := f.parsed.GetAll(q.name, keyword)
		if err != nil {
			return nil, badConfig("", "~/.ssh/config cannot be used for "+q.name, err)
		}
		values[keyword] = named
	}
	if len(values["identityfile"]) == 0 {
		values["identityfile"] = usualKeys
	}
	return values, nil
}
