package resource

import (
	"fmt"
	"regexp"
	"time"

	"cairn/internal/problem"
)

// aptLock is a lock of apt's or dpkg's that another program holds.
type aptLock struct {
	path    string
	pid     string // "" where it cannot be told
	program string
}

// lockLine is apt's message of a lock that another holds. The holder is missing
// where it cannot be told.
var lockLine = regexp.MustCompile(`Could not get lock (\S+?)\.? (?:It is held by process (\d+) \(([^)]*)\)|- open)`)

// lockHeld is the lock that apt could not get; without a path where there is none.
func lockHeld(stderr string) aptLock {
	found := lockLine.FindStringSubmatch(stderr)
	if found == nil {
		return aptLock{}
	}
	return aptLock{path: found[1], pid: found[2], program: found[3]}
}

// String says which lock is held, and by whom.
func (l aptLock) String() string {
	switch {
	case l.path == "":
		return ""
	case l.pid == "":
		return l.path + " is held"
	}
	return fmt.Sprintf("%s is held by %s (process %s)", l.path, l.program, l.pid)
}

// problem is that the lock was not given back in time.
func (l aptLock) problem(err error) error {
	p := problem.Wrap(problem.PackageLocked, "", fmt.Sprintf("another program has held a lock of apt for %s: %s", lockPatience, l), err)
	if l.pid != "" {
		p.Fix = fmt.Sprintf("see on the host what %[2]s does: `ps -fp %[1]s`. Let it end, or end it with `kill %[1]s` if it hangs. Then run `cairn up` again", l.pid, l.program)
	}
	return p
}

// lockPatience is how long another that holds one of apt's locks is waited for:
// an unattended upgrade of a small host takes minutes.
var lockPatience = 5 * time.Minute

// lockPause is the time from one look at such a lock to the next.
const lockPause = 2 * time.Second
