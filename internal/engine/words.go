package engine

import "cairn/internal/cmmn"

// Word is how something stands, in the owner's words. What stands beside it as a
// state is the same in CMMN's.
type Word string

// The words for what stands in no other way than CMMN has a word of its own for.
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

// stateWords are those for CMMN's states; the other states are words that people use.
var stateWords = map[string]Word{
	cmmn.Available.String(): WordWaiting, cmmn.Active.String(): WordOpen, cmmn.Enabled.String(): WordStartable, cmmn.Completed.String(): WordDone,
}

// wordFor is the word for a state, or for an outcome.
func wordFor(state string) Word {
	if word, known := stateWords[state]; known {
		return word
	}
	return Word(state)
}

// wordOf is the word for a task: one that cannot be done stands nowhere.
func wordOf(t TaskStatus) Word {
	if !t.Available && !t.ByWord {
		return WordNotAvailable
	}
	return wordFor(t.State)
}

// wordIn is the word for what the case has; a milestone is reached, not done.
func wordIn(kind string, state cmmn.State) Word {
	switch {
	case state == cmmn.Completed && kind == cmmn.Milestone.String():
		return WordReached
	case state == cmmn.Null:
		return WordNotBegun
	}
	return wordFor(state.String())
}

// what is the change in the owner's words, as they follow the name; empty for those
// that are only steps on the way.
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
