package document

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml/token"

	"cairn/internal/problem"
)

var dialect = Dialect{
	MaxBytes: 1 << 10, MaxDepth: 4, Codes: Codes{Syntax: problem.LabSyntax},
	Refused: map[token.Type]string{token.TagType: "no tags here"},
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text, message string
		line, column  int
	}{
		"too large":                   {strings.Repeat("#", 1<<10+1), "the file has more than 1 KiB", 1, 1},
		"not UTF-8":                   {"a: ä\nbä: \xff", "the file is not UTF-8 text", 2, 5},
		"half a character":            {"a: \xc3", "the file is not UTF-8 text", 1, 4},
		"a null byte":                 {"a: 1\n\x00", "the file is not UTF-8 text", 2, 1},
		"a null byte after a mark":    {"\ufeff\x00", "the file is not UTF-8 text", 1, 2},
		"brackets":                    {"a:\n  [[{b: [[]]}]]", TooDeep, 2, 10},
		"items on one line":           {"- - - -\n  - - - - - a", TooDeep, 2, 11},
		"keys on one line":            {"? ? ? ? ? a", TooDeep, 1, 9},
		"a token":                     {"a: !b c", "no tags here", 1, 4},
		"a token before too many":     {"a: !b [[[[[]]]]]", "no tags here", 1, 4},
		"a token after too many":      {"a: [[[[[!b c]]]]]", TooDeep, 1, 8},
		"what the parser cannot read": {"a: b\nc: [d", "sequence end token ']' not found", 2, 4},
		"keys twice":                  {"a: 1\nb: 2\na: 3", `mapping key "a" already defined at [1:1]`, 3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			file, faults := dialect.Parse([]byte(c.text))
			want := Fault{Code: problem.LabSyntax, Line: c.line, Column: c.column, Message: c.message}
			if file != nil || len(faults) != 1 || faults[0] != want {
				t.Errorf("%+v, want %+v", faults, want)
			}
		})
	}
}

func TestRead(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":               "",
		"as large as may be":    strings.Repeat("#", 1<<10),
		"a mark before it":      "\ufeffa: 1",
		"as deep as may be":     "- - - -\n  - - - [[[[a]]]]\n",
		"brackets side by side": "[[], [], [], [], [], []]",
	} {
		if file, faults := dialect.Parse([]byte(text)); file == nil || faults != nil {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// The byte order mark must not become part of the first key.
func TestMarkIsNotText(t *testing.T) {
	file, faults := dialect.Parse([]byte("\ufeffa: 1"))
	if faults != nil {
		t.Fatal(faults)
	}
	if got := file.Docs[0].Body.String(); got != "a: 1" {
		t.Errorf("read %q", got)
	}
}

func TestDuplicateKeysAreLeft(t *testing.T) {
	lenient := dialect
	lenient.DuplicateKeys = true
	if file, faults := lenient.Parse([]byte("a: 1\na: 3")); file == nil || faults != nil {
		t.Error(faults)
	}
}
