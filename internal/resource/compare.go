package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// property is one thing to compare: what the host has and what it should have, as
// text.
type property struct{ name, have, want string }

// compare returns the diff of the properties that differ. The fingerprint covers
// the host's values of all properties.
func compare(properties ...property) Diff {
	digest := sha256.New()
	var d Diff
	for _, p := range properties {
		fmt.Fprintf(digest, "%q=%q\n", p.name, p.have)
		if p.have != p.want {
			d.Changes = append(d.Changes, Change{Property: p.name, From: p.have, To: p.want})
		}
	}
	d.Fingerprint = hex.EncodeToString(digest.Sum(nil)[:16])
	return d
}

// merge makes one diff from diffs of parts of the same thing.
func merge(parts ...Diff) Diff {
	digest := sha256.New()
	var whole Diff
	for _, part := range parts {
		fmt.Fprintln(digest, part.Fingerprint)
		whole.Changes = append(whole.Changes, part.Changes...)
	}
	whole.Fingerprint = hex.EncodeToString(digest.Sum(nil)[:16])
	return whole
}

// named puts the name of a part before its properties.
func (d Diff) named(part string) Diff {
	changes := slices.Clone(d.Changes)
	for i := range changes {
		changes[i].Property = part + ": " + changes[i].Property
	}
	return Diff{Changes: changes, Fingerprint: d.Fingerprint}
}

// absent is the value of a missing property.
const absent = "absent"

func summary(content []byte) string { return nameOf(content).summary() }

// yesNo returns "yes" or "no".
func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// different returns the error of a Verify.
func different(r Resource, d Diff) error {
	if d.Empty() {
		return nil
	}
	var parts []string
	for _, c := range d.Changes {
		parts = append(parts, fmt.Sprintf("%s is %s instead of %s", c.Property, c.From, c.To))
	}
	return fmt.Errorf("%s %s: %s", r.Kind(), r.Key(), strings.Join(parts, "; "))
}
