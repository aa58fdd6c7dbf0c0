package lab

import (
	"cmp"
	"fmt"
	"net/netip"

	"cairn/internal/document"
	"cairn/internal/problem"
)

// rules checks the values of a file against each other. It leaves out values that
// have a fault already, so that one mistake is reported once.
type rules struct {
	root   *document.Node
	lab    *Lab
	bad    map[*document.Node]bool
	known  Known
	exists func(path string) bool // whether a file exists in the lab's folder; if nil, this is not checked
	faults document.Faults

	remarks document.Faults // faults that do not prevent the use of the lab
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
	r.recipients()
	r.later()
	return r.faults
}

func (r *rules) fault(p document.Place, f document.Flaw) {
	f.Code = cmp.Or(f.Code, problem.LabBadValue)
	r.faults = append(r.faults, f.At(p))
}

// remark reports a fault that does not prevent the use of the lab.
func (r *rules) remark(p document.Place, f document.Flaw) { r.remarks = append(r.remarks, f.At(p)) }

// conflict reports two settings that exclude each other.
func (r *rules) conflict(p document.Place, format string, args ...any) {
	r.fault(p, document.Flaw{Code: problem.LabConflict, Message: fmt.Sprintf(format, args...)})
}

// good reports whether a value is present and has no fault.
func (r *rules) good(n *document.Node) bool {
	return n != nil && n.Kind != document.Nothing && !r.bad[n]
}

// address returns a value as an address, if it has no fault.
func (r *rules) address(n *document.Node) (netip.Addr, bool) {
	a := parseAddress(document.TextOf(n))
	return a, r.good(n) && a.IsValid()
}

// distinct reports networks of a list that overlap. nftables refuses a set with
// overlapping intervals, and to a reader one of them is superfluous.
func (r *rules) distinct(n *document.Node) {
	var seen []netip.Prefix
	for _, item := range n.List() {
		p := parsePrefix(document.TextOf(item))
		if !r.good(item) || !p.IsValid() {
			continue
		}
		for _, other := range seen {
			if p.Overlaps(other) {
				r.fault(item.Place, document.Flaw{Code: problem.LabDuplicate, Message: fmt.Sprintf("%s and %s overlap, so one of them is superfluous", p, other)})
				break
			}
		}
		seen = append(seen, p)
	}
}
