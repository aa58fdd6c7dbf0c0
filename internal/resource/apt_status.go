package resource

import (
	"fmt"
	"regexp"

	"cairn/internal/system"
)

// aptStatus reads apt's progress from APT::Status-Fd (README.progress-reporting in
// its source). apt writes the amount it has downloaded twice a second, even while
// it receives nothing. Such a line is then no sign of life.
type aptStatus struct{ got string }

// Its lines. From the description, which may contain anything, only the number of
// files is taken.
var (
	downloading = regexp.MustCompile(`^dlstatus:(\d+:(\d{1,3})(?:\.\d+)?):(?:\w+ file (\d+ of \d+))?`)
	packaging   = regexp.MustCompile(`^pmstatus:([a-z0-9][a-z0-9+.:-]*):(\d{1,3})(?:\.\d+)?:`)
)

// line implements [Command.Status].
func (a *aptStatus) line(text string) (said system.Status) {
	if found := downloading.FindStringSubmatch(text); found != nil {
		said = system.Status{Text: found[2] + " % downloaded", Heard: found[1] != a.got, Limit: system.Silences[system.Fetching]}
		if found[3] != "" {
			said.Text += ", file " + found[3]
		}
		a.got = found[1]
		return said
	}
	said.Heard = true
	if found := packaging.FindStringSubmatch(text); found != nil {
		said.Text = fmt.Sprintf("%s %% installed, at %s", found[2], found[1])
	}
	return said
}

// dpkgLine matches a line of dpkg(1) that may be shown. The scripts of packages may
// print anything.
var dpkgLine = regexp.MustCompile(`^(?:Setting up|Unpacking|Processing triggers for) [a-z0-9][a-z0-9+.:-]*`)
