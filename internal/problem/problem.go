// Package problem is how Cairn says that something went wrong: one sentence
// for the owner, the cause, the fix, and a code that stays the same for ever.
//
// Every error that can reach the owner is, or wraps, a [Problem]. The codes and
// their longer explanations are in this package's catalogue ([All]), from which
// `cairn explain CODE` and the reference page are made. The package imports
// nothing of Cairn, so that every layer may use it.
package problem

import (
	"errors"
	"strings"
)

// Code names a kind of problem, for scripts and for `cairn explain`. Codes are
// dotted lower-case words, area first ("host.unreachable"), and never change.
type Code string

// Problem is an error for the owner.
type Problem struct {
	Code    Code
	Where   string // what it is about: a host's name, or file:line:column; may be empty
	Summary string // one sentence, no full stop at its end
	Cause   error  // what made it fail; may be nil
	Fix     string // what the owner can do, as a sentence or a command; empty takes the catalogue's
}

// New returns a problem without a deeper cause.
func New(code Code, where, summary string) *Problem {
	return &Problem{Code: code, Where: where, Summary: summary}
}

// Wrap returns a problem whose cause is err.
func Wrap(code Code, where, summary string, err error) *Problem {
	return &Problem{Code: code, Where: where, Summary: summary, Cause: err}
}

// WithFix sets the fix and returns p.
func (p *Problem) WithFix(fix string) *Problem {
	p.Fix = fix
	return p
}

// Error is the sentence with its place and cause on one line.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.Where != "" {
		b.WriteString(p.Where + ": ")
	}
	b.WriteString(p.Summary)
	if p.Cause != nil {
		b.WriteString(": " + p.Cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// causeFirst begins fixes that send the reader to the cause, which stands above the
// fix. Where there is none it is left out.
const causeFirst = "fix the cause above, then "

// Remedy is the problem's own fix, or else the one its code has in the
// catalogue.
func (p *Problem) Remedy() string {
	if p.Fix != "" {
		return p.Fix
	}
	e, _ := Lookup(p.Code)
	if p.Cause == nil {
		return strings.TrimPrefix(e.Fix, causeFirst)
	}
	return e.Fix
}

// Of returns the outermost problem in err's chain, or nil.
func Of(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// CodeOf is the code of the outermost problem in err's chain, or "".
func CodeOf(err error) Code {
	if p := Of(err); p != nil {
		return p.Code
	}
	return ""
}
