package resource

import (
	"fmt"
	"regexp"
	"time"
)

// aptStatus reads what apt tells of its progress where APT::Status-Fd is set
// (README.progress-reporting in its source). apt writes how much it has got twice a
// second, also while nothing comes; that is no word of life then.
type aptStatus struct{ got string }

// Lines of it. Of the description, which repeats names and may be anything, only
// the number of files is taken.
var (
	downloading = regexp.MustCompile(`^dlstatus:(\d+:(\d{1,3})(?:\.\d+)?):(?:\w+ file (\d+ of \d+))?`)
	packaging   = regexp.MustCompile(`^pmstatus:([a-z0-9][a-z0-9+.:-]*):(\d{1,3})(?:\.\d+)?:`)
)

// line implements [Command.Status].
func (a *aptStatus) line(text string) (said status) {
	if found := downloading.FindStringSubmatch(text); found != nil {
		said = status{text: found[2] + " % downloaded", heard: found[1] != a.got, limit: silences[fetching]}
		if found[3] != "" {
			said.text += ", file " + found[3]
		}
		a.got = found[1]
		return said
	}
	said.heard = true
	if found := packaging.FindStringSubmatch(text); found != nil {
		said.text = fmt.Sprintf("%s %% installed, at %s", found[2], found[1])
	}
	return said
}

// status is what a line of a program's status says.
type status struct {
	text  string // what may be shown of it
	heard bool   // something has happened since the one before
	// limit is for how long nothing may happen; it holds as long as such lines keep
	// coming. 0: as for the program as a whole.
	limit time.Duration
}

// dpkgLine is a line of dpkg(1) that may be shown. What packages' scripts print may
// be anything.
var dpkgLine = regexp.MustCompile(`^(?:Setting up|Unpacking|Processing triggers for) [a-z0-9][a-z0-9+.:-]*`)
