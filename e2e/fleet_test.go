package e2e

import (
	"fmt"
	"testing"
)

// BenchmarkFiftyHosts runs the whole program on fifty hosts that have nothing to
// change. The hosts share the machine's processors with it. So the figure includes
// fifty SSH servers and agents.
func BenchmarkFiftyHosts(b *testing.B) {
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("host%02d", i))
	}
	owner := newOwner(b, newBed(b, names...), names...)
	owner.mustUp()
	for b.Loop() {
		owner.mustUp()
	}
}
