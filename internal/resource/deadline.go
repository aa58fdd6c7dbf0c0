package resource

import "time"

// work is a kind of program.
type work int

// What programs do.
const (
	brief      work = iota // looks at something, or sets it
	fetching               // gets something over the network
	installing             // changes packages, with their own scripts
)

// silences are how long a program of each kind may say nothing before it counts as
// hanging, and is ended with all that it has started.
var silences = map[work]time.Duration{
	// The slowest is a unit that is restarted: systemd gives it 90 s to end and 90 s
	// to start (DefaultTimeoutStartSec= in systemd-system.conf(5)).
	brief: 5 * time.Minute,
	// apt gives a server up that says nothing for 30 s, and tries it once more. What
	// takes longer is a server that answers, but with nothing.
	fetching: 2 * time.Minute,
	// The slowest that a package does without a word, such as making an initial RAM
	// disk, takes minutes on a small host.
	installing: 15 * time.Minute,
}

// lockPatience is how long another that holds one of apt's locks is waited for:
// an unattended upgrade of a small host takes minutes.
var lockPatience = 5 * time.Minute

// lockPause is the time from one look at such a lock to the next.
const lockPause = 2 * time.Second
