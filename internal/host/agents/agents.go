// Package agents holds the agent's program for every kind of host, packed into
// the controller. `make agents` builds them; without that the package is empty
// and no host can be reached.
package agents

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

//go:generate go run ./build

//go:embed bin
var packed embed.FS

// Agent is one architecture's program.
type Agent struct {
	Arch string // as Go names it
	Sum  string // SHA-256 of the program, hex
	Gzip []byte // the program, packed
}

// All returns the agents by architecture; none when they were not built.
var All = sync.OnceValue(func() map[string]Agent {
	all, err := read(packed)
	if err != nil {
		panic("agents: " + err.Error()) // the controller was built wrongly
	}
	return all
})

func read(files fs.FS) (map[string]Agent, error) {
	all := map[string]Agent{}
	entries, err := fs.ReadDir(files, "bin")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		arch, isAgent := strings.CutSuffix(entry.Name(), ".gz")
		if !isAgent {
			continue
		}
		content, err := fs.ReadFile(files, "bin/"+entry.Name())
		if err != nil {
			return nil, err
		}
		sum, err := sumOf(content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		all[arch] = Agent{Arch: arch, Sum: sum, Gzip: content}
	}
	return all, nil
}

// sumOf reads the program's hash from the comment in the gzip header (RFC 1952
// section 2.3.1), where the build puts it, so that a controller which starts has
// nothing to unpack. The host checks it against what it unpacked.
func sumOf(content []byte) (string, error) {
	header, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	if sum, err := hex.DecodeString(header.Comment); err != nil || len(sum) != 32 {
		return "", fmt.Errorf("%q is no SHA-256: run `make agents`", header.Comment)
	}
	return header.Comment, nil
}

// Sums are the agents' hashes by architecture.
func Sums() map[string]string {
	sums := map[string]string{}
	for arch, agent := range All() {
		sums[arch] = agent.Sum
	}
	return sums
}
