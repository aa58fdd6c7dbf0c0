// Package task says what each roadmap task means for a lab: the resources that
// a host needs, in order, and which of them a guard protects. It is pure. It
// reads no host, and the same lab and facts give the same resources.
//
// The policies are data, with their sources beside them: SSH in ssh_policy.go, the firewall in firewall.go
// (as rules of package firewall), the base of a host in base.go. Differences between distributions are in
// package distro.
package task
