package engine

import (
	"cmp"
	"fmt"

	"cairn/internal/resource"
	"cairn/internal/wiring"
)

// noteResolver names what already answers where the lab's resolver is to listen.
func noteResolver(n noteInput) []Note {
	if _, changes := n.changing("unit " + resource.ResolverUnit); !changes || n.facts.Resolver {
		return nil
	}
	for _, l := range n.survey.Listeners {
		if l.Port == wiring.ResolverPort && n.fromOutside(l) {
			return []Note{{
				Kind: NoteConflict, Text: fmt.Sprintf("%s answers at port %d of %s, so the lab's resolver cannot start.", cmp.Or(l.Program, "something"), l.Port, places(l)),
				Fix: "Write `names: own` under `choose` in lab.yaml, and enter there what `cairn names` lists. Or turn it off.",
			}}
		}
	}
	return nil
}
