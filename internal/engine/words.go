package engine

import "cairn/internal/cmmn"

// Word says in the owner's words how something stands. The state beside it says
// the same in CMMN's words.
type Word string

// Words for what CMMN has no state for.
const (
	WordNotAvailable Word = "not available yet" // this version of Cairn cannot do it
	WordNotBegun     Word = "not begun"
	WordWaiting      Word = "waiting"
	WordStartable    Word = "can be started"
	WordOpen         Word = "open"
	WordDone         Word = "done"
	WordNotReached   Word = "not reached"
	WordReached      Word = "reached"
)

// stateWords are the owner's words for CMMN's states. The other states are usual
// words already.
var stateWords = map[string]Word{
	cmmn.Available.String(): WordWaiting, cmmn.Active.String(): WordOpen, cmmn.Enabled.String(): WordStartable, cmmn.Completed.String(): WordDone,
}

// wordFor returns the word for a state or an outcome.
func wordFor(state string) Word {
	if word, known := stateWords[state]; known {
		return word
	}
	return Word(state)
}

// wordOf returns the word for a task. A task that this version cannot do has none.
func wordOf(t TaskStatus) Word {
	if !t.Available && !t.ByWord {
		return WordNotAvailable
	}
	return wordFor(t.State)
}

// wordIn returns the word for an item of the case. A milestone is reached, not
// done.
func wordIn(kind string, state cmmn.State) Word {
	switch {
	case state == cmmn.Completed && kind == cmmn.Milestone.String():
		return WordReached
	case state == cmmn.Null:
		return WordNotBegun
	}
	return wordFor(state.String())
}

// what says in the owner's words what changed, to follow the name. It is empty for
// intermediate steps.
func (c CaseChange) what() string {
	switch {
	case c.To == cmmn.Null, c.To == cmmn.Available:
		return ""
	case c.To == cmmn.Active && c.From == cmmn.Suspended:
		return "goes on"
	case c.To == cmmn.Terminated && c.From == cmmn.Available:
		return "is taken out"
	}
	return "is " + string(wordIn(c.Kind, c.To))
}
