package document

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"cairn/internal/problem"
)

// Dialect says how much of YAML the documents of one kind may use. Its limits
// are far above what such a document needs. They keep a hostile document from
// exhausting the parser, whose effort grows with the square of the nesting.
type Dialect struct {
	Name          string                // the kind of document, for messages: "a lab file"
	Least         string                // what an empty document lacks, in words
	MaxBytes      int                   // of the text, in whole KiB
	MaxDepth      int                   // of brackets, of list items or keys that begin on one line, and of values
	MaxValues     int                   // with aliases counted in full
	Refused       map[token.Type]string // messages for tokens that are not allowed
	DuplicateKeys bool                  // lets the parser pass duplicate keys, so that they are reported among the rest
	Codes         Codes
}

// Codes are the codes of faults in documents of one kind. They stay empty if
// the owner of such documents gets no codes.
type Codes struct {
	Syntax, UnknownKey, MissingKey, Duplicate, WrongType, BadValue problem.Code
}

// byteOrderMark is what some editors write before UTF-8 text.
const byteOrderMark = "\ufeff"

// Parse reads the text of a document into the parser's tree. On failure it
// returns no tree but the first fault, without a file name.
func (d Dialect) Parse(data []byte) (*ast.File, Faults) {
	if len(data) > d.MaxBytes {
		return nil, d.faults(top, fmt.Sprintf("the file has more than %d KiB", d.MaxBytes>>10))
	}
	if at := notUTF8(data); at >= 0 {
		return nil, d.faults(placeAfter(data[:at]), "the file is not UTF-8 text")
	}
	tokens := lexer.Tokenize(strings.TrimPrefix(string(data), byteOrderMark))
	if t, why := d.refused(tokens); why != "" {
		return nil, d.faults(PlaceOf(t), why)
	}
	var options []parser.Option
	if d.DuplicateKeys {
		options = append(options, parser.AllowDuplicateMapKey())
	}
	file, err := parser.Parse(tokens, 0, options...)
	if err != nil {
		return nil, d.faults(complaint(err))
	}
	return file, nil
}

func (d Dialect) faults(p Place, message string) Faults {
	return Faults{{Code: d.Codes.Syntax, Line: p.Line, Column: p.Column, Message: message}}
}

// notUTF8 returns the offset of the first byte that is not UTF-8, or is zero.
// It returns -1 if there is none.
func notUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 || r == 0 {
			return i
		}
		i += size
	}
	return -1
}

// complaint returns the place and the message of the parser's error.
func complaint(err error) (Place, string) {
	var at yaml.Error
	if !errors.As(err, &at) {
		return top, err.Error()
	}
	return PlaceOf(at.GetToken()), at.GetMessage()
}
