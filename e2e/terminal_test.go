package e2e

import (
	"os"
	"testing"
)

// terminal opens a pseudo-terminal on which the lines given have been typed
// already, and returns the program's end of it.
func terminal(t testing.TB, typed ...string) *os.File {
	t.Helper()
	program, person := terminalPair(t)
	for _, line := range typed {
		if _, err := person.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	return program
}
