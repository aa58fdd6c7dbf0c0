// Package task says what each roadmap task means for a lab: the resources that
// a host has to have, in order, and which of them go under a guard. It is pure:
// it reads no host and makes the same resources from the same lab and facts.
//
// The policies it writes are data with their sources beside them: SSH in
// ssh_policy.go, the firewall in firewall.go (as rules of package firewall), the base of
// a host in base.go. What differs between distributions is package distro's.
package task
