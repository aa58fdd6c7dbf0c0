// Package host reaches hosts from the controller: it logs in over SSH, brings the
// agent, and speaks with it over one stream.
//
// # First contact
//
// The owner's key is tried first, as the lab's user. Where it is not accepted
// yet, the user named for first contact (root by default) is tried with the same
// keys and, when the owner asked for it, with a password, which is asked for and
// never stored. A host's key is pinned the first time it is seen and accepted by
// the owner; another key later stops everything.
package host
