package task

import (
	"net/netip"
	"slices"
	"strings"

	"cairn/internal/distro"
	"cairn/internal/lab"
	"cairn/internal/wire"
)

// SSHGroup is the group whose members may log in over SSH. CIS Debian Linux 12
// Benchmark 5.1.4 requires such a limit.
const SSHGroup = "ssh-users"

// Option is one sshd_config keyword and its value.
type Option struct{ Keyword, Value string }

// SSHPolicy returns sshd's configuration on a host with that system, in the
// order in which it is written. It merges dev-sec's ssh-baseline (numbers as
// "sshd-NN"), section 5.1 of the CIS Debian Linux 12 Benchmark and Mozilla's
// OpenSSH guideline ("modern"). Where they differ, a comment says which one was
// taken and why.
//
// The admin networks are exempt from the penalties that newer servers impose on
// addresses with failed logins. Otherwise the looks that prove refusals would
// lock out the place they come from.
func SSHPolicy(os wire.OS, admin []netip.Prefix, forwarding lab.Forwarding) []Option {
	system := distro.Of(os.ID, os.Version)
	return slices.Concat(loginOptions, doorOptions, limitOptions, ownOptions(system), penaltyOptions(system, admin), forwardingOptions(forwarding), cryptoOptions(system))
}

// loginOptions say who may log in, and how.
var loginOptions = []Option{
	{"PermitRootLogin", "no"},                 // CIS 5.1.20, sshd-06
	{"PubkeyAuthentication", "yes"},           // sshd-22
	{"PasswordAuthentication", "no"},          // sshd-27
	{"KbdInteractiveAuthentication", "no"},    // sshd-29
	{"AuthenticationMethods", "publickey"},    // Mozilla modern
	{"PermitEmptyPasswords", "no"},            // CIS 5.1.19, sshd-28
	{"HostbasedAuthentication", "no"},         // CIS 5.1.10, sshd-23
	{"IgnoreRhosts", "yes"},                   // CIS 5.1.11, sshd-24
	{"IgnoreUserKnownHosts", "yes"},           // sshd-25
	{"GSSAPIAuthentication", "no"},            // CIS 5.1.9, sshd-32
	{"KerberosAuthentication", "no"},          // sshd-30
	{"PermitUserEnvironment", "no"},           // CIS 5.1.21, sshd-17
	{"StrictModes", "yes"},                    // sshd-11
	{"UsePAM", "yes"},                         // CIS 5.1.22; without PAM a locked account cannot use its keys
	{"AllowGroups", SSHGroup},                 // CIS 5.1.4
	{"AuthorizedKeysFile", authorizedKeyPath}, // sshd_config(5)'s first default; the second, authorized_keys2, is a leftover
}

// doorOptions close all ways in except the keys in that file. Each option has
// accepted "none" since it exists: certificates and AuthorizedPrincipalsFile
// since OpenSSH 5.6, AuthorizedKeysCommand since 6.2,
// AuthorizedPrincipalsCommand since 6.9.
var doorOptions = []Option{
	{"TrustedUserCAKeys", "none"},
	{"AuthorizedPrincipalsFile", "none"},
	{"AuthorizedPrincipalsCommand", "none"},
	{"AuthorizedKeysCommand", "none"},
}

// authorizedKeyPath is the file with the owner's key, below the home directory.
const authorizedKeyPath = ".ssh/authorized_keys"

// limitOptions limit what a stranger can use up, and for how long.
var limitOptions = []Option{
	{"MaxAuthTries", "4"}, // CIS 5.1.16; dev-sec's 2 breaks clients that offer several keys
	{"LoginGraceTime", "30"},
	{"MaxSessions", "10"},          // CIS 5.1.17
	{"MaxStartups", "10:30:60"},    // CIS 5.1.18
	{"ClientAliveInterval", "300"}, // CIS 5.1.7
	{"ClientAliveCountMax", "3"},   // CIS 5.1.7
	{"TCPKeepAlive", "no"},         // sshd-35
	{"LogLevel", "VERBOSE"},        // sshd-13: the key's fingerprint is logged
}

// ownOptions are the options that only the distribution's sshd has.
func ownOptions(system distro.System) []Option {
	var options []Option
	for _, o := range system.SSH.Options {
		options = append(options, Option{o[0], o[1]})
	}
	return options
}

// penaltyOptions are for servers that impose PerSourcePenalties.
func penaltyOptions(system distro.System, admin []netip.Prefix) []Option {
	const keyword = "PerSourcePenaltyExemptList"
	if !system.Knows(keyword) {
		return nil
	}
	var exempt []string
	for _, prefix := range admin {
		exempt = append(exempt, prefix.Masked().String())
	}
	return []Option{{keyword, strings.Join(exempt, ",")}}
}

// forwardingOptions forbid everything that can lead through the host, except
// for the connections that the owner allows.
func forwardingOptions(forwarding lab.Forwarding) []Option {
	tcp := map[lab.Forwarding]string{lab.ForwardLocal: "local", lab.ForwardAll: "yes"}[forwarding]
	if tcp == "" {
		tcp = "no"
	}
	return []Option{
		{"AllowAgentForwarding", "no"}, // CIS 5.1.8, sshd-41
		{"AllowTcpForwarding", tcp},    // CIS 5.1.8, sshd-40
		{"AllowStreamLocalForwarding", tcp},
		{"X11Forwarding", "no"}, // CIS 5.1.8, sshd-42
		{"PermitTunnel", "no"},  // sshd-38
		{"GatewayPorts", "no"},  // sshd-39
	}
}

// cryptoOptions are the algorithms, strongest first (sshd-01 to 03, Mozilla
// modern). Message authentication is encrypt-then-MAC only. curve25519 stays
// among the key exchanges for clients without a post-quantum one.
func cryptoOptions(system distro.System) []Option {
	return []Option{
		{"KexAlgorithms", strings.Join(keyExchanges(system), ",")},
		{"Ciphers", "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr"},
		{"MACs", "hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com"},
		{"HostKeyAlgorithms", "ssh-ed25519,rsa-sha2-512"},
	}
}

// keyExchanges leaves out names that the system's OpenSSH does not know,
// because sshd refuses to start with an unknown name.
func keyExchanges(system distro.System) []string {
	all := []string{"mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com", "curve25519-sha256", "curve25519-sha256@libssh.org"}
	return slices.DeleteFunc(all, func(name string) bool { return !system.Knows(name) })
}
