package sshdconf

import "fmt"

// Login is a login that sshd is asked about (sshd(8), -C).
type Login struct {
	User string
	Peer string // the client's address; empty: this machine's own
	Host string // the client's name; empty: the address
	// Local and Port are where the client connected to. Empty means an address and
	// a port that no host has.
	Local string
	Port  uint16
}

// Nobody is a login that meets no Match except those for everybody.
var Nobody = Login{User: "cairn-asks-for-nobody", Peer: "192.0.2.1"}

// Spec returns the login for `sshd -T -C`. It names everything, because sshd
// refuses to answer if a Match needs something that is not named.
func (l Login) Spec() string {
	local, port, peer := l.Local, l.Port, l.Peer
	if peer == "" {
		peer = "127.0.0.1"
	}
	if local == "" {
		local = "192.0.2.2" // for documentation only (RFC 5737)
	}
	if port == 0 {
		port = 1
	}
	host := l.Host
	if host == "" {
		host = peer
	}
	return fmt.Sprintf("user=%s,host=%s,addr=%s,laddr=%s,lport=%d,rdomain=", l.User, host, peer, local, port)
}
