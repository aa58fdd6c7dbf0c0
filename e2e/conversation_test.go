package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// reply is what a person types when a prompt stands there.
type reply struct {
	prompt string // its end
	typed  string
	shown  string // what stands for it in a transcript
}

// conversation is a person at a terminal. It keeps what the program prints, and
// types each reply once its prompt is there, never before.
type conversation struct {
	person *os.File
	mu     sync.Mutex
	text   strings.Builder
	read   int // of the text, how much was answered
	reply  []reply
}

// Write implements [io.Writer].
func (c *conversation) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(p)
	for _, r := range c.reply {
		if strings.HasSuffix(c.text.String()[c.read:], r.prompt) {
			c.text.WriteString(r.shown)
			c.read = c.text.Len()
			_, err := c.person.WriteString(r.typed + "\n")
			return len(p), err
		}
	}
	return len(p), nil
}

// said is the transcript so far.
func (c *conversation) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// talk runs the program on a terminal. It returns how it ended, with all output in
// one text.
func (o *owner) talk(replies []reply, args ...string) outcome {
	o.t.Helper()
	program, person := terminalPair(o.t)
	c := &conversation{person: person, reply: replies}
	cmd := o.command(args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, c, c
	err := cmd.Run()
	if cmd.ProcessState == nil {
		o.t.Fatal(err)
	}
	return outcome{exit: cmd.ProcessState.ExitCode(), stdout: c.said()}
}

// terminalPair opens a pseudo-terminal: the program's end and the person's
// (pts(4)).
func terminalPair(t testing.TB) (program, person *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return program, person
}

// volatile matches what differs from run to run in a transcript, and names its
// stand-in.
var volatile = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?m)^ *[0-9]+\.[0-9]s  `), "  "},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "SHA256:dJp3nQxW0m6nTfYbV2hR8uKcE5sLzA1gQoI7wXyB4tM"},
	{regexp.MustCompile(`\([0-9]+\.[0-9] MB\)`), "(2.1 MB)"},
	{regexp.MustCompile(`on (amd64|arm64), [0-9]+ CPUs?, [0-9.]+ GiB`), "on amd64, 4 CPUs, 15.5 GiB"},
}

// steady is a transcript without what differs from run to run.
func steady(text, address string) string {
	text = strings.ReplaceAll(text, address, "192.168.1.10")
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.instead)
	}
	return strings.TrimSpace(text)
}
