package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// unsetUser is the user that ssh(1) reports if the configuration names none.
const unsetUser = "cairn-no-user-is-named"

// askProgram asks ssh(1) how it would log in. ssh(1) connects to nothing, but runs
// the commands of Match exec.
func (c *sshConfig) askProgram(ctx context.Context, q question) (map[string][]string, error) {
	args, config := []string{"-G"}, ""
	switch {
	case q.user == "":
		// The first value of a keyword counts. The file that is read last matters
		// only if no other names a user.
		args, config = append(args, "-F", "/dev/stdin"), c.withoutUser()
	case !c.ownHome():
		args = append(args, "-l", q.user, "-F", c.ownFile())
	default:
		args = append(args, "-l", q.user)
	}
	cmd := exec.CommandContext(ctx, c.program, append(args, "--", q.name)...)
	cmd.WaitDelay = time.Second // a command of Match exec may keep the output open
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(config), &stderr
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, badConfig(filepath.Join(c.home, ".ssh", "config"), "ssh(1) cannot use its configuration for "+q.name, said(&stderr, err))
	}
	values := readSettings(out)
	if slices.Equal(values["user"], []string{unsetUser}) {
		delete(values, "user")
	}
	return values, nil
}

// ownHome reports whether c.home is the home directory that ssh(1) uses. ssh(1)
// ignores HOME.
func (c *sshConfig) ownHome() bool {
	current, err := user.Current()
	return err == nil && filepath.Clean(current.HomeDir) == filepath.Clean(c.home)
}

// ownFile returns the path of ~/.ssh/config, or "none" if there is no such file.
func (c *sshConfig) ownFile() string {
	path := filepath.Join(c.home, ".ssh", "config")
	if _, err := os.Stat(path); err != nil {
		return "none"
	}
	return path
}

// withoutUser returns a configuration that includes the owner's, and sets
// [unsetUser] at the end.
func (c *sshConfig) withoutUser() string {
	config := fmt.Sprintf("Include %q\nMatch all\n", filepath.Join(c.home, ".ssh", "config"))
	if c.ownHome() {
		config += "Include /etc/ssh/ssh_config\nMatch all\n"
	}
	return config + "User " + unsetUser + "\n"
}

// readSettings reads the output of `ssh -G`: a keyword and its value on each line.
func readSettings(printed []byte) map[string][]string {
	values := map[string][]string{}
	for line := range strings.Lines(string(printed)) {
		keyword, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if keyword = strings.ToLower(keyword); slices.Contains(keywords, keyword) {
			values[keyword] = append(values[keyword], value)
		}
	}
	return values
}

// said returns what a program wrote to its standard error, or else how it ended.
func said(stderr *bytes.Buffer, ended error) error {
	if text := strings.TrimSpace(strings.ReplaceAll(stderr.String(), "\r", "")); text != "" {
		return errors.New(strings.ReplaceAll(text, "\n", "; "))
	}
	return ended
}
