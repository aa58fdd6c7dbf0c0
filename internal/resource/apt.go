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

// aptOptions: a server that says nothing for 30 s is given up and tried once more;
// the defaults add up to minutes. A configuration file that the owner changed stays
// (dpkg(1), --force-confold).
var aptOptions = []string{
	"-q", "-y", "-o", "APT::Status-Fd=3",
	"-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30", "-o", "Acquire::Retries=1",
	"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
}

// apt runs apt-get(8). It waits for whoever holds a lock, and finishes what a
// crash has left half done, but only once apt says so: by then nobody else is at
// work.
func apt(ctx context.Context, sys *system.System, argv ...string) (system.Output, error) {
	argv = slices.Concat([]string{"apt-get"}, aptOptions, argv)
	out, err := aptUnlocked(ctx, sys, argv)
	if err == nil || !strings.Contains(string(out.Stderr), "dpkg --configure -a") {
		return out, err
	}
	system.Tell(ctx, "an earlier installation was interrupted: it is finished first")
	configure := system.Command{
		Argv: []string{"dpkg", "--force-confdef", "--force-confold", "--configure", "-a"}, Silence: system.Silences[system.Installing], Shown: dpkgLine.FindString,
	}
	if out, err := sys.RunWith(ctx, configure); err != nil {
		return out, fmt.Errorf("an earlier installation was interrupted and cannot be finished: %w", err)
	}
	return aptUnlocked(ctx, sys, argv)
}

// aptUnlocked runs apt-get as soon as nobody holds a lock that it needs. apt itself
// can wait for dpkg's lock, but not for that of its lists, and says nothing of who
// holds it before it gives up.
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
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

// updateLists reads the package lists anew. What apt complains about comes back as
// words: one repository that fails keeps nobody from what the others have.
func updateLists(ctx context.Context, sys *system.System) (complaints []complaint, err error) {
	out, err := apt(ctx, sys, "update")
	complaints = complaintsOf(out, time.Now())
	var exit *system.ExitError
	if errors.As(err, &exit) && len(complaints) > 0 && lockHeld(string(out.Stderr)).path == "" && !strings.Contains(string(out.Stderr), noSpace) {
		err = nil
	}
	return complaints, err
}

// noSpace is strerror(3) of ENOSPC.
const noSpace = "No space left on device"

// hasPackageLists reports whether apt has ever got a list.
func hasPackageLists(s *system.System) bool {
	lists, err := filepath.Glob(s.Path("/var/lib/apt/lists/*_Packages*"))
	return err == nil && len(lists) > 0
}
