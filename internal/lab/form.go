package lab

import (
	"regexp"
	"slices"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// form is how a scalar must look. Its words are used in messages, in the schema
// and in the reference page.
type form struct {
	name     string   // with its article: "an IPv4 address"
	rule     string   // what it is made of, where the name does not tell
	example  string   // a value that is right
	pattern  string   // a regular expression that Go and ECMAScript read alike; empty when check decides alone
	options  []string // when only these are right
	min, max int64    // for whole numbers; max 0 means no bound
	// check finds what the pattern cannot tell; nil when there is nothing. A
	// flaw without a message means that the text is not of the form.
	check func(text string) *flaw
}

// expected is what the form takes, in words.
func (f *form) expected() string {
	if len(f.options) > 0 {
		return "one of " + joined(f.options)
	}
	words := f.name
	if f.rule != "" {
		words += " (" + f.rule + ")"
	}
	if f.example != "" {
		words += " such as " + f.example
	}
	return words
}

// inspect returns what is wrong with a text, or nil.
func (f *form) inspect(text string) *flaw {
	var found *flaw
	switch {
	case len(f.options) > 0 && !slices.Contains(f.options, text):
		found = &flaw{suggestion: spelling.Nearest(text, f.options)}
	case f.pattern != "" && !regexp.MustCompile(f.pattern).MatchString(text):
		found = &flaw{}
		if f.check != nil {
			found = orEmpty(f.check(text))
		}
	case f.check != nil:
		found = f.check(text)
	}
	if found == nil {
		return nil
	}
	return f.complete(*found, text)
}

// orEmpty keeps what a check knows of a text that the pattern refused.
func orEmpty(f *flaw) *flaw {
	if f == nil {
		return &flaw{}
	}
	return f
}

// complete gives a flaw the form's own words where it has none, and takes back a
// suggestion that is no better.
func (f *form) complete(found flaw, text string) *flaw {
	if found.code == "" {
		found.code = problem.LabBadValue
	}
	if found.message == "" {
		found.message = document.Quoted(text) + " is not " + f.name
		if len(f.options) > 0 {
			found.message = document.Quoted(text) + " is not one of the options"
		}
	}
	if found.expected == "" {
		found.expected = f.expected()
	}
	if found.suggestion != "" && f.inspect(found.suggestion) != nil {
		found.suggestion = ""
	}
	return &found
}
