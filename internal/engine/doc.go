// Package engine puts Cairn together. Only this package knows the lab, the roadmap,
// the case, the hosts, the probes and the journal at once. It plans, changes,
// checks and explains, and reports events; it prints nothing.
//
// # Order of things
//
// Cairn journals an order before it gives the order to a host. It journals a host's
// report before anything follows from the report. Only evidence in the journal
// advances the case.
package engine
