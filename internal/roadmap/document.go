package roadmap

import (
	"github.com/goccy/go-yaml/token"

	"cairn/internal/document"
)

// dialect forbids those parts of YAML that could make a small file stand for a
// large one, or a word for something else. Its limits are far above what a
// roadmap needs.
var dialect = document.Dialect{Name: "a roadmap", MaxBytes: 256 << 10, MaxDepth: 16, MaxValues: 20000, Refused: map[token.Type]string{
	token.AnchorType:    "anchors are not used in a roadmap",
	token.AliasType:     "aliases are not used in a roadmap",
	token.MergeKeyType:  "merge keys are not used in a roadmap",
	token.TagType:       "tags are not used in a roadmap",
	token.DirectiveType: "directives are not used in a roadmap",
}}

// readDocument parses a file into its mapping, without checking its content. If
// there are faults, the mapping is nil.
func readDocument(data []byte) (*document.Node, document.Faults) {
	root, faults := dialect.Read(data)
	if len(faults) == 0 && root.Kind != document.Mapping {
		faults = document.Faults{root.Place.Fault("a roadmap must be one document of keys with values")}
	}
	return root, faults
}
