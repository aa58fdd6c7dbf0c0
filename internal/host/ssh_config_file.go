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

// configFile is ~/.ssh/config, read without the help of ssh(1). It knows Host and
// Include, and of Match what is as plain as Host.
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
		return configFile{}, badConfig(fmt.Sprintf("%s:%d", path, line), fmt.Sprintf("only ssh(1) can judge %q; install OpenSSH's client", text), nil)
	}
	parsed, err := ssh_config.DecodeBytes(content)
	if err != nil {
		return configFile{}, badConfig(path, "the file cannot be understood", err)
	}
	return configFile{parsed}, nil
}

// firstCondition is the first line that begins a Match block with a condition
// other than "all" or one host: what such a block says is not guessed at.
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

// usualKeys are tried where the configuration names none, as ssh(1) does.
var usualKeys = []string{"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"}

// values is what the file says of a name.
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
