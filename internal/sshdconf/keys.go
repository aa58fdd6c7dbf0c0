package sshdconf

import "slices"

// plainKeys are the types of keys that open a host by themselves (sshd(8),
// AUTHORIZED_KEYS FILE FORMAT).
var plainKeys = []string{
	"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
	"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
}

// PlainKeys returns the types of keys that open a host by themselves. Certificates
// are not among them, since a certificate's line opens nothing after its expiry.
func PlainKeys() []string { return slices.Clone(plainKeys) }

// PlainKey reports whether a key of the type opens a host by itself.
func PlainKey(kind string) bool { return slices.Contains(plainKeys, kind) }
