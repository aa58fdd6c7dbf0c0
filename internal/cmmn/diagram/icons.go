package diagram

import "cairn/internal/cmmn"

// Icons are path data round the origin, about 14 by 14 pixels.
const (
	personIcon   = "M-2.8 -3.4a2.8 2.8 0 1 0 5.6 0a2.8 2.8 0 1 0 -5.6 0M-6 6.5v-1.5a4.5 4.5 0 0 1 4.5 -4.5h3a4.5 4.5 0 0 1 4.5 4.5v1.5z"
	chevronIcon  = "M-7 -5.5h9l5 5.5l-5 5.5h-9l4.5 -5.5z"
	folderIcon   = "M-7 -6h5l1.5 2.5h7.5v9h-14z"
	tableIcon    = "M-7 -5.5h14v11h-14zM-7 -2h14M-7 1.7h14M-2.5 -5.5v11"
	planningIcon = "M-9 -5.5h18v11h-18zM-9 0h18M-3 -5.5v11M3 -5.5v11"
	clockIcon    = "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0M0 -4.5v4.5l3 2"
	playIcon     = "M-4 -5l9 5l-9 5z"
	squareIcon   = "M-4.5 -4.5h9v9h-9z"
	plusIcon     = "M-6.5 -6.5h13v13h-13zM-3.5 0h7M0 -3.5v7"
	minusIcon    = "M-6.5 -6.5h13v13h-13zM-3.5 0h7"
)

// icon is the picture of a kind, or nothing.
func icon(kind cmmn.Kind) string {
	switch kind {
	case cmmn.HumanTask, cmmn.UserEvent:
		return personIcon
	case cmmn.ProcessTask:
		return chevronIcon
	case cmmn.CaseTask:
		return folderIcon
	case cmmn.DecisionTask:
		return tableIcon
	case cmmn.TimerEvent:
		return clockIcon
	}
	return ""
}

// decorator is a marker at the bottom of a node.
type decorator struct {
	path  string // an icon to fill
	stays string // an icon to outline
	text  string
}

// decorators are the markers of a node, in the specification's order.
func (n *node) decorators() []decorator {
	if n.def == nil {
		return nil
	}
	var all []decorator
	if n.kind == cmmn.Stage && n.parent != nil {
		mark := minusIcon
		if n.collapsed {
			mark = plusIcon
		}
		all = append(all, decorator{stays: mark})
	}
	if n.def.AutoComplete {
		all = append(all, decorator{path: squareIcon})
	}
	if n.control.ManualActivation != nil {
		all = append(all, decorator{path: playIcon})
	}
	if n.control.Required != nil {
		all = append(all, decorator{text: "!"})
	}
	if n.control.Repetition != nil {
		all = append(all, decorator{text: "#"})
	}
	return all
}
