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

// unsetUser is the user whom ssh(1) finds where nothing names one.
const unsetUser = "cairn-no-user-is-named"

// askProgram has ssh(1) say how it would log in. It connects to nothing, and runs
// the commands of Match exec as it would for the owner.
func (c *sshConfig) askProgram(ctx context.Context, q question) (map[string][]string, error) {
	args, config := []string{"-G"}, ""
	switch {
	case q.user == "":
		// The first value of a keyword counts: the last file is heard where no other
		// names a user.
		args, config = append(args, "-F", "/dev/stdin"), c.withoutUser()
	case !c.ownHome():
		args = append(args, "-l", q.user, "-F", c.ownFile())
	default:
		args = append(args, "-l", q.user)
	}
	cmd := exec.CommandContext(ctx, c.program, append(args, "--", q.name)...)
	cmd.WaitDelay = time.Second // a command of Match exec may hold the output open
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

// ownHome reports whether the home directory is the one that ssh(1) looks into,
// which does not go by HOME.
func (c *sshConfig) ownHome() bool {
	current, err := user.Current()
	return err == nil && filepath.Clean(current.HomeDir) == filepath.Clean(c.home)
}

// ownFile is ~/.ssh/config, or "none" where there is no such file.
func (c *sshConfig) ownFile() string {
	path := filepath.Join(c.home, ".ssh", "config")
	if _, err := os.Stat(path); err != nil {
		return "none"
	}
	return path
}

// withoutUser is the whole configuration, with a user for whom it names none.
func (c *sshConfig) withoutUser() string {
	config := fmt.Sprintf("Include %q\nMatch all\n", filepath.Join(c.home, ".ssh", "config"))
	if c.ownHome() {
		config += "Include /etc/ssh/ssh_config\nMatch all\n"
	}
	return config + "User " + unsetUser + "\n"
}

// readSettings reads what `ssh -G` prints: a keyword and its value on each line.
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

// said is what a program complained about, or else how it ended.
func said(stderr *bytes.Buffer, ended error) error {
	if text := strings.TrimSpace(strings.ReplaceAll(stderr.String(), "\r", "")); text != "" {
		return errors.New(strings.ReplaceAll(text, "\n", "; "))
	}
	return ended
}
