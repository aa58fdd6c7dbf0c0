// Package system is the machine that a resource stands on: its file tree, its
// programs and its accounts, and what puts a part of it back. Files take their place
// at once, also when the power is cut; no link of somebody else's leads a write
// elsewhere; a program that hangs is ended and named.
package system

import (
	"context"
	"time"

	"cairn/internal/distro"
)

// System is the host as a resource sees it: a file tree and a way to run
// programs. Tests give it a scratch tree.
type System struct {
	// Root is the directory that stands for "/": "/" itself on a host.
	Root string
	// Runner runs the host's programs.
	Runner Runner
	// Originals is the directory that keeps what the host was before each first
	// change; empty keeps nothing.
	Originals string
	// Before is told of each path before it is written to, made or taken away; its
	// error keeps that from happening. Nil where nobody wants to know.
	Before func(path string) error
	// at is called at every point of writing at which a crash would leave
	// something else behind. Only tests set it.
	At func(point string)
}

// Distro is the distribution that the host runs, as its os-release(5) says now.
func (s *System) Distro() distro.System { return distro.At(s.Root) }

// Runner runs a program and waits for it. A program that ran and failed is not
// an error: look at [Output.Exit]. Implementations are safe for concurrent use.
type Runner interface {
	Run(ctx context.Context, cmd Command) (Output, error)
}

// Command is a program to run, without a shell. Argv never holds a secret;
// Stdin may.
type Command struct {
	Argv  []string `cbor:"1,keyasint"`
	Stdin []byte   `cbor:"2,keyasint,omitempty"`
	Env   []string `cbor:"3,keyasint,omitempty"` // added to a minimal environment: PATH, LC_ALL=C.UTF-8
	// Silence is how long the program may say nothing before it is ended with all
	// that it has started; zero is as long as a brief one may.
	Silence time.Duration `cbor:"-"`
	// Status, where it is set, reads the lines that the program writes to its file
	// descriptor 3 about how far it is.
	Status func(line string) Status `cbor:"-"`
	// Shown, where it is set, says what of a line of the program's output may be
	// shown while it works; empty is nothing.
	Shown func(line string) string `cbor:"-"`
}

// Output is what a program left behind.
type Output struct {
	Stdout []byte
	Stderr []byte
	Exit   int
}
