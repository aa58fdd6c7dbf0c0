package distro

// since is with which version of OpenSSH keywords and algorithms came that older
// servers among the supported ones refuse to start with (its release notes).
var since = map[string]Version{
	"PerSourcePenaltyExemptList": {9, 8},
	"mlkem768x25519-sha256":      {9, 9},
	"sntrup761x25519-sha512":     {9, 9}, // by the name without a domain
}

// Knows reports whether the system's OpenSSH knows a keyword or an algorithm. What
// every supported release knows is not listed.
func (s System) Knows(word string) bool {
	return !s.OpenSSH.Before(since[word])
}
