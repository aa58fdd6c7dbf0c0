package e2e

import (
	"os"
	"testing"
)

// terminal opens a pseudo-terminal and types the lines on it in advance. It
// returns the program's end.
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
