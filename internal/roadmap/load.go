package roadmap

import (
	_ "embed"
	"slices"

	"cairn/internal/document"
)

//go:embed homelab.yaml
var homelab []byte

// Homelab is the roadmap that Cairn brings.
func Homelab() (*Roadmap, error) { return Load("homelab.yaml", homelab) }

// Load reads a roadmap and checks that it agrees with itself; name is that of
// its file, for messages. The error is a problem with code RoadmapWrong, whose
// cause is the [document.Faults] of the file: all of them, unless it is not
// YAML.
func Load(name string, data []byte) (*Roadmap, error) {
	root, faults := readDocument(data)
	if len(faults) > 0 {
		return nil, problemOf(name, faults)
	}
	b := &builder{}
	r := b.roadmap(newRecord(root, "the roadmap", document.PlaceOfMapping(root), &b.faults))
	r.index = indexOf(r)
	faults = slices.Concat(b.faults, checkNames(b.names), checkReferences(b), checkContent(r, b.places()))
	if len(faults) == 0 {
		faults = checkOrder(r, b.places())
	}
	if len(faults) > 0 {
		return nil, problemOf(name, faults)
	}
	return r, nil
}
