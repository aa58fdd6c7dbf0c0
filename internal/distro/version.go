package distro

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is the version of a release or of OpenSSH: "13", "22.04", "9.9".
type Version struct{ Major, Minor int }

// ParseVersion reads the first two numbers of a version. Debian's testing has none.
func ParseVersion(text string) (Version, bool) {
	major, rest, _ := strings.Cut(text, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return Version{}, false
	}
	m, _ := strconv.Atoi(minor)
	return Version{n, m}, true
}

// Before compares two versions.
func (v Version) Before(other Version) bool {
	return v.Major < other.Major || v.Major == other.Major && v.Minor < other.Minor
}

// String returns a release's version as it is written: "13", "22.04".
func (v Version) String() string {
	if v.Minor == 0 {
		return strconv.Itoa(v.Major)
	}
	return fmt.Sprintf("%d.%02d", v.Major, v.Minor)
}
