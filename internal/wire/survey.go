package wire

import (
	"fmt"
	"time"

	"cairn/internal/resource"
)

// Survey is what of a host its owner should think of before its doors change:
// who can get in today, and what can be reached. It holds no secret. Its lists
// have an order that does not depend on the moment, and are bounded.
type Survey struct {
	Accounts  []Account  `cbor:"1,keyasint,omitempty"` // that can log in over SSH today, or have keys, by name
	Listeners []Listener `cbor:"2,keyasint,omitempty"` // beyond the loopback, by port
	Published []Listener `cbor:"3,keyasint,omitempty"` // ports that are led on to somewhere else, by port
	Allowed   []Allowed  `cbor:"4,keyasint,omitempty"` // ports that another firewall lets in
	// Revoked are keys of those to be installed that the SSH server refuses.
	Revoked []resource.Revoked `cbor:"6,keyasint,omitempty"`
	// More counts what was left out because there was too much of it.
	More int `cbor:"5,keyasint,omitempty"`
}

// Account is a user who can log in over SSH today, or whose keys would open it with
// another configuration.
type Account struct {
	Name     string    `cbor:"1,keyasint"`
	UID      int       `cbor:"2,keyasint"`
	Groups   []string  `cbor:"3,keyasint,omitempty"`
	Keys     int       `cbor:"4,keyasint,omitempty"` // that are accepted
	Password bool      `cbor:"5,keyasint,omitempty"` // has one, and it is accepted
	Last     time.Time `cbor:"6,keyasint"`           // last login; zero where the host does not know
	Asleep   int       `cbor:"7,keyasint,omitempty"` // keys that the server would look at and that open nothing
}

// Listener is a port that answers on a host.
type Listener struct {
	Protocol string `cbor:"1,keyasint"` // tcp or udp
	Port     uint16 `cbor:"2,keyasint"`
	// Addresses are where; empty means all of the host's.
	Addresses []string `cbor:"3,keyasint,omitempty"`
	Program   string   `cbor:"4,keyasint,omitempty"` // empty: the kernel, or unknown
	To        string   `cbor:"5,keyasint,omitempty"` // where a published port leads, as address:port
}

// String is the port as the lab file has it.
func (l Listener) String() string { return fmt.Sprintf("%d/%s", l.Port, l.Protocol) }

// Allowed is a range of ports that a firewall lets in.
type Allowed struct {
	By       string `cbor:"1,keyasint"` // ufw or firewalld
	Protocol string `cbor:"2,keyasint"` // tcp or udp
	First    uint16 `cbor:"3,keyasint"`
	Last     uint16 `cbor:"4,keyasint"`
}

// String is the range as its firewall has it.
func (a Allowed) String() string {
	if a.First == a.Last {
		return fmt.Sprintf("%d/%s", a.First, a.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", a.First, a.Last, a.Protocol)
}

// Holds reports whether the range has the port.
func (a Allowed) Holds(protocol string, port uint16) bool {
	return a.Protocol == protocol && a.First <= port && port <= a.Last
}
