package problem

import (
	"maps"
	"slices"
	"sort"
	"sync"
)

// Entry is what the catalogue says about a code.
type Entry struct {
	Code    Code   `json:"code"`
	Exit    int    `json:"exit"`    // the program's exit code when this ends it
	Meaning string `json:"meaning"` // what happened, in a sentence or two
	Fix     string `json:"fix"`     // what to do when the problem itself names nothing better
	Background
}

// Link is where the documentation tells of the code, in the repository.
func (e Entry) Link() string { return "docs/reference/errors.md#" + string(e.Code) }

// All returns every entry of the catalogue, by code.
func All() []Entry { return slices.Clone(catalogue()) }

// catalogue is made once, at the first problem.
var catalogue = sync.OnceValue(func() []Entry {
	all := slices.Concat(commandEntries, labEntries, hostEntries, guardEntries, runEntries, stateEntries, modelEntries, rehearsalEntries, secretEntries)
	known := backgrounds()
	for i := range all {
		all[i].Background = known[all[i].Code]
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Code < all[j].Code })
	return all
})

// backgrounds returns the backgrounds of all codes.
func backgrounds() map[Code]Background {
	all := map[Code]Background{}
	for _, area := range []map[Code]Background{
		commandBackground, labBackground, hostBackground, guardBackground, runBackground, stateBackground, modelBackground, rehearsalBackground,
		secretBackground,
	} {
		maps.Copy(all, area)
	}
	return all
}

// Lookup finds the entry of a code.
func Lookup(code Code) (Entry, bool) {
	for _, e := range catalogue() {
		if e.Code == code {
			return e, true
		}
	}
	return Entry{}, false
}
