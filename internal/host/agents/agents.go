// Package agents holds the agent program for every architecture, packed into the
// controller. `make agents` builds the programs. Without them the package is empty
// and no host can be managed.
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

// Agent is the program for one architecture.
type Agent struct {
	Arch string // Go's name, such as amd64
	Sum  string // SHA-256 of the program, hex
	Gzip []byte // the program, packed
}

// All returns the agents by architecture. The map is empty if no agents were built.
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
// section 2.3.1). The build puts it there so that the controller need not unpack
// anything at start. The host checks the hash of what it unpacked.
func sumOf(content []byte) (string, error) {
	header, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return "", err
	}
	if sum, err := hex.DecodeString(header.Comment); err != nil || len(sum) != 32 {
		return "", fmt.Errorf("%q is not a SHA-256: run `make agents`", header.Comment)
	}
	return header.Comment, nil
}

// Sums returns the SHA-256 of each agent, in hex, by architecture.
func Sums() map[string]string {
	sums := map[string]string{}
	for arch, agent := range All() {
		sums[arch] = agent.Sum
	}
	return sums
}
