package document

import (
	"regexp"
	"slices"

	"cairn/internal/spelling"
)

// Form says how a scalar must look. Messages, the schema and the reference page
// use its words.
type Form struct {
	Name     string   // with its article: "an IPv4 address"
	Rule     string   // what it is made of, if the name does not say
	Example  string   // a valid value
	Pattern  string   // a regular expression that Go and ECMAScript read alike; empty if Check alone decides
	Options  []string // if only these are valid
	Min, Max int64    // for whole numbers; max 0 means no bound
	Private  bool     // no message repeats what is written: it may be a secret
	// Check finds what the pattern cannot. nil means that there is nothing more to
	// check. A flaw without a message means that the text does not have the form.
	Check func(text string) *Flaw
}

// Expected says in words what the form takes.
func (f *Form) Expected() string {
	if len(f.Options) > 0 {
		return "one of " + joined(f.Options)
	}
	words := f.Name
	if f.Rule != "" {
		words += " (" + f.Rule + ")"
	}
	if f.Example != "" {
		words += " such as " + f.Example
	}
	return words
}

// Inspect returns what is wrong with a text, or nil.
func (f *Form) Inspect(text string) *Flaw {
	found := f.flawOf(text)
	if found == nil {
		return nil
	}
	return f.Complete(*found, text)
}

// flawOf returns what the options, the pattern or the check find wrong, or nil.
func (f *Form) flawOf(text string) *Flaw {
	switch {
	case len(f.Options) > 0 && !slices.Contains(f.Options, text):
		return &Flaw{Suggestion: spelling.Nearest(text, f.Options)}
	case f.Pattern != "" && !regexp.MustCompile(f.Pattern).MatchString(text):
		if f.Check != nil {
			return orEmpty(f.Check(text))
		}
		return &Flaw{}
	case f.Check != nil:
		return f.Check(text)
	}
	return nil
}

// orEmpty keeps what a check knows about a text that the pattern refused.
func orEmpty(f *Flaw) *Flaw {
	if f == nil {
		return &Flaw{}
	}
	return f
}

// shown is a text as messages name it.
func (f *Form) shown(text string) string {
	if f.Private {
		return "this"
	}
	return Quoted(text)
}

// Complete fills in the form's own words where a flaw has none. It drops a
// suggestion that is not valid either.
func (f *Form) Complete(found Flaw, text string) *Flaw {
	if found.Message == "" {
		found.Message = f.shown(text) + " is not " + f.Name
		if len(f.Options) > 0 {
			found.Message = f.shown(text) + " is not one of the options"
		}
	}
	if found.Expected == "" {
		found.Expected = f.Expected()
	}
	if found.Suggestion != "" && f.flawOf(found.Suggestion) != nil {
		found.Suggestion = ""
	}
	return &found
}
