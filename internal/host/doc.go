// Package host reaches hosts from the controller: it logs in over SSH, brings the
// agent, and speaks with it over one stream.
//
// # First contact
//
// The owner's key is tried first, as the lab's user. If the host does not accept it
// yet, Cairn tries the first-contact user (root by default) with the same keys. A
// password is tried only if the owner asked for that. Cairn asks for it and never
// stores it. A host's key is pinned when the owner accepts it on first contact. Any
// other key later stops everything.
package host
