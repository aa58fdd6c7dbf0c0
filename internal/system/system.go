// Package system is the machine on which resources work: its file tree, programs
// and accounts, and the undo of changes. Files are replaced atomically, also across
// a power cut. A link of another user never redirects a write. A hung program is
// ended and named.
package system

import (
	"context"
	"time"

	"cairn/internal/distro"
)

// System is the host as a resource sees it: a file tree and a way to run programs.
// Tests use a scratch tree.
type System struct {
	// Root is the directory that stands for "/". On a host it is "/" itself.
	Root string
	// Runner runs the host's programs.
	Runner Runner
	// Originals is the directory that keeps files as they were before Cairn's first
	// change. If empty, nothing is kept.
	Originals string
	// Before is called with each path before the path is written, created or removed.
	// Its error prevents that. It may be nil.
	Before func(path string) error
	// At is called at every point of a write at which a crash would leave a
	// different state. Only tests set it.
	At func(point string)
}

// Distro returns the distribution of the host, as its os-release(5) says now.
func (s *System) Distro() distro.System { return distro.At(s.Root) }

// Runner runs a program and waits for it. A program that ran and failed is not an
// error; see [Output.Exit]. An error means that the program could not run or was ended.
// What it did until then stays. Implementations are safe for concurrent use.
type Runner interface {
	Run(ctx context.Context, cmd Command) (Output, error)
}

// Command is a program to run, without a shell. Argv never contains a secret. Stdin
// may.
type Command struct {
	Argv  []string `cbor:"1,keyasint"`
	Stdin []byte   `cbor:"2,keyasint,omitempty"`
	Env   []string `cbor:"3,keyasint,omitempty"` // added to a minimal environment: PATH, LC_ALL=C.UTF-8
	// Silence is how long the program may be silent before it is ended with all
	// that it started. Zero means the limit for [Brief].
	Silence time.Duration `cbor:"-"`
	// Status, if set, reads the progress lines that the program writes to its file
	// descriptor 3.
	Status func(line string) Status `cbor:"-"`
	// Shown, if set, returns the part of an output line that may be shown while the
	// program runs. An empty text shows nothing.
	Shown func(line string) string `cbor:"-"`
}

// Output is the result of a program.
type Output struct {
	Stdout []byte
	Stderr []byte
	Exit   int
}
