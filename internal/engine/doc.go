// Package engine is Cairn's composition: the only place that knows the lab, the
// roadmap, the case, the hosts, the probes and the journal together. It plans,
// brings about, checks and explains; it shows nothing itself but events.
//
// # Order of things
//
// What a host is told to do is in the journal before it is told. What it reports
// is in the journal before anything follows from it. The case is advanced only
// by evidence that is in the journal.
package engine
