package distro

// since maps keywords and algorithms to the version of OpenSSH that introduced
// them (its release notes). Older servers among the supported ones refuse to
// start with them.
var since = map[string]Version{
	"PerSourcePenaltyExemptList": {9, 8},
	"mlkem768x25519-sha256":      {9, 9},
	"sntrup761x25519-sha512":     {9, 9}, // by the name without a domain
}

// Knows reports whether the system's OpenSSH knows a keyword or an algorithm.
// Words that every supported release knows are not in the list.
func (s System) Knows(word string) bool {
	return !s.OpenSSH.Before(since[word])
}
