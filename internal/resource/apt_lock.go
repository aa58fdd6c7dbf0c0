package resource

import (
	"fmt"
	"regexp"
	"time"

	"cairn/internal/problem"
)

// aptLock is a lock of apt or dpkg that another program holds.
type aptLock struct {
	path    string
	pid     string // "" if not known
	program string
}

// lockLine matches apt's message about a held lock. It may not name the holder.
var lockLine = regexp.MustCompile(`Could not get lock (\S+?)\.? (?:It is held by process (\d+) \(([^)]*)\)|- open)`)

// lockHeld returns the lock that apt could not get. Its path is empty if there is
// none.
func lockHeld(stderr string) aptLock {
	found := lockLine.FindStringSubmatch(stderr)
	if found == nil {
		return aptLock{}
	}
	return aptLock{path: found[1], pid: found[2], program: found[3]}
}

// String names the lock and its holder.
func (l aptLock) String() string {
	switch {
	case l.path == "":
		return ""
	case l.pid == "":
		return l.path + " is held"
	}
	return fmt.Sprintf("%s is held by %s (process %s)", l.path, l.program, l.pid)
}

// problem says that the lock was not released in time.
func (l aptLock) problem(err error) error {
	p := problem.Wrap(problem.PackageLocked, "", fmt.Sprintf("another program has held a lock of apt for %s: %s", lockPatience, l), err)
	if l.pid != "" {
		p.Fix = fmt.Sprintf("see on the host what %[2]s does: `ps -fp %[1]s`. Let it end, or end it with `kill %[1]s` if it hangs. Then run `cairn up` again", l.pid, l.program)
	}
	return p
}

// lockPatience is how long apt's locks are waited for. An unattended upgrade on a
// small host takes minutes.
var lockPatience = 5 * time.Minute

// lockPause is the time between two checks of a lock.
const lockPause = 2 * time.Second
