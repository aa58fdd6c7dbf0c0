package resource

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cairn/internal/system"
)

// aptOptions limits the wait for a silent server to 30 s, with one retry; the
// defaults add up to minutes. A configuration file that the owner changed is kept
// (dpkg(1), --force-confold).
var aptOptions = []string{
	"-q", "-y", "-o", "APT::Status-Fd=3",
	"-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30", "-o", "Acquire::Retries=1",
	"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
}

// apt runs apt-get(8). It waits for other programs that hold a lock. It completes
// an interrupted installation, but only when apt reports one: then no other program
// is working on it.
func apt(ctx context.Context, sys *system.System, argv ...string) (system.Output, error) {
	argv = slices.Concat([]string{"apt-get"}, aptOptions, argv)
	out, err := aptUnlocked(ctx, sys, argv)
	if err == nil || !strings.Contains(string(out.Stderr), "dpkg --configure -a") {
		return out, err
	}
	system.Tell(ctx, "an earlier installation was interrupted; completing it first")
	configure := system.Command{
		Argv: []string{"dpkg", "--force-confdef", "--force-confold", "--configure", "-a"}, Silence: system.Silences[system.Installing], Shown: dpkgLine.FindString,
	}
	if out, err := sys.RunWith(ctx, configure); err != nil {
		return out, fmt.Errorf("an earlier installation was interrupted and cannot be finished: %w", err)
	}
	return aptUnlocked(ctx, sys, argv)
}

// aptUnlocked runs apt-get once no other program holds a lock that it needs. apt
// can wait for dpkg's lock by itself. It cannot wait for the lock of its lists, and
// does not say who holds that before it gives up.
func aptUnlocked(ctx context.Context, sys *system.System, argv []string) (system.Output, error) {
	began, told := time.Now(), ""
	for {
		out, err := sys.RunWith(ctx, system.Command{Argv: argv, Silence: system.Silences[system.Installing], Status: (&aptStatus{}).line})
		held := lockHeld(string(out.Stderr))
		if err == nil || held.path == "" {
			return out, aptHung(ctx, sys, err)
		}
		if time.Since(began) > lockPatience {
			return out, held.problem(err)
		}
		if text := held.String(); text != told {
			system.Tell(ctx, "waiting for another program: "+text)
			told = text
		}
		if err := system.Pause(ctx, lockPause); err != nil {
			return out, err
		}
	}
}

// updateLists updates the package lists. It returns apt's complaints as text,
// because one failing repository must not block the packages of the others.
func updateLists(ctx context.Context, sys *system.System) (complaints []complaint, err error) {
	out, err := apt(ctx, sys, "update")
	complaints = complaintsOf(out, time.Now())
	var exit *system.ExitError
	if errors.As(err, &exit) && len(complaints) > 0 && lockHeld(string(out.Stderr)).path == "" && !strings.Contains(string(out.Stderr), noSpace) {
		err = nil
	}
	return complaints, err
}

// noSpace is the text of ENOSPC (strerror(3)).
const noSpace = "No space left on device"

// hasPackageLists reports whether apt has ever downloaded a list.
func hasPackageLists(s *system.System) bool {
	lists, err := filepath.Glob(s.Path("/var/lib/apt/lists/*_Packages*"))
	return err == nil && len(lists) > 0
}
