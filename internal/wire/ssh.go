package wire

import "cairn/internal/sshdconf"

// SSH is what a host tells of its SSH server.
type SSH struct {
	// Port is where the login that carries this session came in; 0 where that is
	// not known.
	Port uint16 `cbor:"1,keyasint,omitempty"`
	// Ports are those that the server is to listen on, by its socket or its files.
	Ports []uint16 `cbor:"2,keyasint,omitempty"`
	// Socket says that ssh.socket listens in the server's place.
	Socket bool `cbor:"3,keyasint,omitempty"`
	// Settings are all of the server's files and command line but Cairn's own, in
	// the order in which sshd reads them, those of the command line first.
	Settings []sshdconf.Setting `cbor:"4,keyasint,omitempty"`
	// Forwarding is AllowTcpForwarding as it is in force for everybody.
	Forwarding string `cbor:"5,keyasint,omitempty"`
	// Managed says that Cairn has decided where the server listens.
	Managed bool `cbor:"7,keyasint,omitempty"`
	// Trouble is why the files could not be read; empty when they were.
	Trouble string `cbor:"6,keyasint,omitempty"`
}
