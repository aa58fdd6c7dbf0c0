package system

import "time"

// Work is a kind of program, by how long it may be silent.
type Work int

// The kinds of work.
const (
	Brief      Work = iota // reads or sets something
	Fetching               // downloads something
	Installing             // changes packages and runs their scripts
)

// Silences are how long a program of each kind may be silent. After that it counts
// as hung, and is ended together with everything it started.
var Silences = map[Work]time.Duration{
	// The slowest case is a unit restart: systemd allows 90 s to stop and 90 s to
	// start (DefaultTimeoutStartSec= in systemd-system.conf(5)).
	Brief: 5 * time.Minute,
	// apt gives up on a silent server after 30 s, and tries it once more. Only a
	// server that answers without sending data takes longer.
	Fetching: 2 * time.Minute,
	// The slowest silent step of a package, such as making an initial RAM disk,
	// takes minutes on a small host.
	Installing: 15 * time.Minute,
}
