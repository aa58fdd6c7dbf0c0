package task

import (
	"strconv"
	"strings"
)

// releaseAtLeast compares the first number of a VERSION_ID ("13", "25.04") with
// a release. A version that is no number (Debian's testing has none) counts as
// older, which leaves out what is new.
func releaseAtLeast(version string, release int) bool {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	return err == nil && n >= release
}
