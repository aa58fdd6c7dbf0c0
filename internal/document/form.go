package document

import (
	"regexp"
	"slices"

	"cairn/internal/spelling"
)

// Form is how a scalar must look. Its words are used in messages, in the schema
// and in the reference page.
type Form struct {
	Name     string   // with its article: "an IPv4 address"
	Rule     string   // what it is made of, where the name does not tell
	Example  string   // a value that is right
	Pattern  string   // a regular expression that Go and ECMAScript read alike; empty when check decides alone
	Options  []string // when only these are right
	Min, Max int64    // for whole numbers; max 0 means no bound
	// check finds what the pattern cannot tell; nil when there is nothing. A
	// flaw without a message means that the text is not of the form.
	Check func(text string) *Flaw
}

// Expected is what the form takes, in words.
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

// flawOf is what the options, the pattern or the check have against a text.
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

// orEmpty keeps what a check knows of a text that the pattern refused.
func orEmpty(f *Flaw) *Flaw {
	if f == nil {
		return &Flaw{}
	}
	return f
}

// Complete gives a flaw the form's own words where it has none, and takes back a
// suggestion that is no better.
func (f *Form) Complete(found Flaw, text string) *Flaw {
	if found.Message == "" {
		found.Message = Quoted(text) + " is not " + f.Name
		if len(f.Options) > 0 {
			found.Message = Quoted(text) + " is not one of the options"
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
