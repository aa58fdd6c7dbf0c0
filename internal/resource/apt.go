package resource

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// How long apt is given.
const (
	// lockPatience is how long another that holds one of apt's locks is waited for,
	// such as an unattended upgrade.
	lockPatience = 5 * time.Minute
	lockPause    = 2 * time.Second
	// aptSilence is how long apt may say nothing. It names every file that it gets
	// and every package that it works on; the slowest that a package does without a
	// word, such as making an initial RAM disk, takes minutes on a small host.
	aptSilence = 15 * time.Minute
)

// aptOptions: a server that says nothing for 30 s is given up and tried once more;
// the defaults add up to minutes. A configuration file that the owner changed stays
// (dpkg(1), --force-confold).
var aptOptions = []string{
	"-q", "-y",
	"-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30", "-o", "Acquire::Retries=1",
	"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
}

// apt runs apt-get(8). It waits for whoever holds a lock, and finishes what a
// crash has left half done, but only once apt says so: by then nobody else is at
// work.
func apt(ctx context.Context, sys *System, argv ...string) (Output, error) {
	argv = slices.Concat([]string{"apt-get"}, aptOptions, argv)
	out, err := aptUnlocked(ctx, sys, argv)
	if err == nil || !strings.Contains(string(out.Stderr), "dpkg --configure -a") {
		return out, err
	}
	tell(ctx, "an earlier installation was interrupted: it is finished first")
	configure := Command{Argv: []string{"dpkg", "--force-confdef", "--force-confold", "--configure", "-a"}, Silence: aptSilence}
	if out, err := sys.runWith(ctx, configure); err != nil {
		return out, fmt.Errorf("an earlier installation was interrupted and cannot be finished: %w", err)
	}
	return aptUnlocked(ctx, sys, argv)
}

// aptUnlocked runs apt-get as soon as nobody holds a lock that it needs. apt itself
// can wait for dpkg's lock, but not for that of its lists, and says nothing of who
// holds it before it gives up.
func aptUnlocked(ctx context.Context, sys *System, argv []string) (Output, error) {
	began, told := time.Now(), ""
	for {
		out, err := sys.runWith(ctx, Command{Argv: argv, Silence: aptSilence})
		held := lockHeld(string(out.Stderr))
		if err == nil || held == "" {
			return out, err
		}
		if time.Since(began) > lockPatience {
			return out, fmt.Errorf("another program held a lock of apt for %s: %s", lockPatience, held)
		}
		if held != told {
			tell(ctx, "waiting for another program: "+held)
			told = held
		}
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

// lockLine is apt's message of a lock that another holds. The holder is missing
// where it cannot be told.
var lockLine = regexp.MustCompile(`Could not get lock (\S+?)\.? (?:It is held by process (\d+) \(([^)]*)\)|- open)`)

// lockHeld says which lock is held and by whom, or nothing.
func lockHeld(stderr string) string {
	found := lockLine.FindStringSubmatch(stderr)
	switch {
	case found == nil:
		return ""
	case found[2] == "":
		return found[1] + " is held"
	}
	return fmt.Sprintf("%s is held by %s (process %s)", found[1], found[3], found[2])
}

// updateLists reads the package lists anew. What apt complains about comes back as
// words: one repository that fails keeps nobody from what the others have.
func updateLists(ctx context.Context, sys *System) (complaints []complaint, err error) {
	out, err := apt(ctx, sys, "update")
	complaints = complaintsOf(out, time.Now())
	var exit *exitError
	if errors.As(err, &exit) && len(complaints) > 0 && lockHeld(string(out.Stderr)) == "" && !strings.Contains(string(out.Stderr), noSpace) {
		err = nil
	}
	return complaints, err
}

// noSpace is strerror(3) of ENOSPC.
const noSpace = "No space left on device"

// hasPackageLists reports whether apt has ever got a list.
func (s *System) hasPackageLists() bool {
	lists, err := filepath.Glob(s.path("/var/lib/apt/lists/*_Packages*"))
	return err == nil && len(lists) > 0
}
