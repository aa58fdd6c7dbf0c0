package system

import "time"

// Work is a kind of program.
type Work int

// What programs do.
const (
	Brief      Work = iota // looks at something, or sets it
	Fetching               // gets something over the network
	Installing             // changes packages, with their own scripts
)

// Silences are how long a program of each kind may say nothing before it counts as
// hanging, and is ended with all that it has started.
var Silences = map[Work]time.Duration{
	// The slowest is a unit that is restarted: systemd gives it 90 s to end and 90 s
	// to start (DefaultTimeoutStartSec= in systemd-system.conf(5)).
	Brief: 5 * time.Minute,
	// apt gives a server up that says nothing for 30 s, and tries it once more. What
	// takes longer is a server that answers, but with nothing.
	Fetching: 2 * time.Minute,
	// The slowest that a package does without a word, such as making an initial RAM
	// disk, takes minutes on a small host.
	Installing: 15 * time.Minute,
}
