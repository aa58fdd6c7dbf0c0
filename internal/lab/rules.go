package lab

import (
	"fmt"
	"net/netip"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// rules hold the values of a file against each other. Those that have a fault
// themselves are left out, so that one mistake is reported once.
type rules struct {
	root   *node
	lab    *Lab
	bad    map[*node]bool
	known  Known
	exists func(path string) bool // whether a file is in the lab's folder; nil when that is not to be asked
	faults document.Faults

	remarks document.Faults // what is wrong without keeping the lab from being used
}

// check applies all rules.
func (r *rules) check() document.Faults {
	r.networks()
	r.hosts()
	r.choices()
	r.services()
	r.waivers()
	r.sshKey()
	r.furtherKeys()
	r.later()
	return r.faults
}

func (r *rules) fault(p document.Place, f flaw) { r.faults = append(r.faults, f.at(p)) }

// remark reports what does not keep the lab from being used.
func (r *rules) remark(p document.Place, f flaw) { r.remarks = append(r.remarks, f.at(p)) }

// conflict reports two things that cannot both be.
func (r *rules) conflict(p document.Place, format string, args ...any) {
	r.fault(p, flaw{code: problem.LabConflict, message: fmt.Sprintf(format, args...)})
}

// good reports whether a value is there and without fault.
func (r *rules) good(n *node) bool { return n != nil && n.kind != nothing && !r.bad[n] }

// address is a value as an address, if it is a good one.
func (r *rules) address(n *node) (netip.Addr, bool) {
	a := parseAddress(textOf(n))
	return a, r.good(n) && a.IsValid()
}

// distinct reports networks of a list that overlap. nftables refuses a set
// whose intervals do, and to a reader one of them says nothing.
func (r *rules) distinct(n *node) {
	var seen []netip.Prefix
	for _, item := range n.list() {
		p := parsePrefix(textOf(item))
		if !r.good(item) || !p.IsValid() {
			continue
		}
		for _, other := range seen {
			if p.Overlaps(other) {
				r.fault(item.place, flaw{code: problem.LabDuplicate, message: fmt.Sprintf("%s and %s overlap, so one of them says nothing", p, other)})
				break
			}
		}
		seen = append(seen, p)
	}
}
