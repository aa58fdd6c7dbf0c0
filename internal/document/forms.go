package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// LabelForm returns the form of a name that is one part of a host name (RFC 1123,
// section 2.1), in lower case. name says with its article what is named. reserved
// maps names that cannot be used to their reasons.
func LabelForm(name, example string, reserved map[string]string) *Form {
	return &Form{
		Name: name, Rule: "lower-case letters, digits and hyphens, at most 63", Example: example,
		Pattern: `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`,
		Check: func(text string) *Flaw {
			if reason := reserved[text]; reason != "" {
				return &Flaw{Message: fmt.Sprintf("%q cannot be used as a name: %s", text, reason)}
			}
			return Better(text, strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(text)))
		},
	}
}

// PortForm is the form of a TCP or UDP port.
var PortForm = &Form{Name: "a port number", Example: "22", Min: 1, Max: 65535}

// Bytes is an amount of memory or disk, in bytes.
type Bytes int64

// String returns the amount as [MemoryForm] has it, in the largest unit that
// needs no fraction.
func (b Bytes) String() string {
	for _, unit := range []struct {
		name  string
		shift int
	}{{"TiB", 40}, {"GiB", 30}} {
		if b > 0 && b%(1<<unit.shift) == 0 {
			return fmt.Sprintf("%d%s", b>>unit.shift, unit.name)
		}
	}
	return fmt.Sprintf("%dMiB", b>>20)
}

// MemoryForm is the form of a size of memory or disk. It counts in powers of
// 1024 (IEC 80000-13).
var MemoryForm = &Form{
	Name: "a size", Rule: "in MiB, GiB or TiB", Example: "16GiB", Pattern: `^[1-9][0-9]{0,5}(MiB|GiB|TiB)$`,
	Check: func(text string) *Flaw {
		digits := strings.TrimRightFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
		unit := strings.ToUpper(strings.TrimSpace(strings.TrimPrefix(text, digits)))
		if _, err := strconv.ParseUint(digits, 10, 32); err != nil || unit == "" || !strings.Contains("MGT", unit[:1]) {
			return nil
		}
		return Better(text, digits+unit[:1]+"iB")
	},
}

// Better returns a flaw with a suggestion, or nil if the suggestion is the text
// itself.
func Better(text, better string) *Flaw {
	if text == better {
		return nil
	}
	return &Flaw{Suggestion: better}
}

// ParseMemory returns the bytes that a text of [MemoryForm] stands for. Any other
// text gives 0.
func ParseMemory(text string) Bytes {
	shifts := map[string]int{"MiB": 20, "GiB": 30, "TiB": 40}
	for unit, shift := range shifts {
		digits, is := strings.CutSuffix(text, unit)
		if n, err := strconv.ParseInt(digits, 10, 32); is && err == nil {
			return Bytes(n << shift)
		}
	}
	return 0
}
