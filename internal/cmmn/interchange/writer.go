package interchange

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

// writer writes indented XML. After a fault it continues and keeps only the
// first; its output is then useless.
type writer struct {
	out       bytes.Buffer
	around    []string // names of the open elements
	bare      bool     // the innermost open element has nothing in it yet
	elements  int
	register  *register
	survey    *survey
	placement placement
	fault     *problem.Problem
}

func (w *writer) fail(format string, args ...any) {
	if w.fault == nil {
		w.fault = problem.New(problem.ModelExport, "", fmt.Sprintf(format, args...))
	}
}

// open begins an element. Attributes are names and values in turn. An attribute
// with an empty value is left out.
func (w *writer) open(name string, attributes ...string) {
	w.begin()
	w.out.WriteString("<" + name)
	for i := 0; i < len(attributes); i += 2 {
		if value := attributes[i+1]; value != "" {
			w.out.WriteString(" " + attributes[i] + `="` + w.escaped(value, attributeEscapes) + `"`)
		}
	}
	w.around = append(w.around, name)
	w.bare = true
	if w.elements++; w.elements > maxElements {
		w.fail("the case needs more than %d elements", maxElements)
	}
	if len(w.around) > maxDepth {
		w.fail("the case nests deeper than %d elements", maxDepth)
	}
}

// begin prepares the open element for another child.
func (w *writer) begin() {
	if w.bare {
		w.out.WriteByte('>')
	}
	w.out.WriteString("\n" + strings.Repeat("  ", len(w.around)))
}

// close ends the innermost element.
func (w *writer) close() {
	name := w.around[len(w.around)-1]
	w.around = w.around[:len(w.around)-1]
	if w.bare {
		w.out.WriteString(" />")
	} else {
		w.out.WriteString("\n" + strings.Repeat("  ", len(w.around)) + "</" + name + ">")
	}
	w.bare = false
}

// empty writes an element with nothing in it.
func (w *writer) empty(name string, attributes ...string) {
	w.open(name, attributes...)
	w.close()
}

// text writes an element that holds only text, without added white space.
func (w *writer) text(name, text string, attributes ...string) {
	w.open(name, attributes...)
	w.out.WriteString(">" + w.escaped(text, textEscapes) + "</" + name + ">")
	w.around = w.around[:len(w.around)-1]
	w.bare = false
}

var (
	textEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "\r", "&#xD;", "\n", "&#xA;", "\t", "&#x9;")
)

// escaped refuses characters that XML cannot represent.
func (w *writer) escaped(s string, escapes *strings.Replacer) string {
	for i, c := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		control := c < 0x20 && c != '\t' && c != '\n' && c != '\r'
		if control || c == 0xfffe || c == 0xffff || c == utf8.RuneError && size == 1 {
			w.fail("the text %q has a character that XML cannot hold", shortened(s))
			break
		}
	}
	return escapes.Replace(s)
}

// shortened cuts a text to a length that keeps messages readable.
func shortened(s string) string {
	const longest = 40
	if runes := []rune(s); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return s
}

// declare checks an id that is about to be written, and returns it.
func (w *writer) declare(kind, what, id string) string {
	switch {
	case !plainName.MatchString(id):
		w.fail("%s has the id %q; CMMN tools read ids of letters, digits, . - and _ that begin with a letter or _", what, shortened(id))
	case !w.register.declare(kind, id):
		w.fail("%s has the id %q, which is used twice", what, id)
	}
	return id
}

// free makes an id for an element that has none in the model.
func (w *writer) free(id string) string {
	for !w.register.declare(otherKind, id) {
		id += "_"
	}
	return id
}

// refer records a reference. When everything is written, Export checks that its
// target exists.
func (w *writer) refer(by, kind, id string) string {
	w.register.want("", by, kind, id)
	return id
}

// expression writes a condition, always with its language. An empty text is
// written as what it means.
func (w *writer) expression(name string, e *cmmn.Expression) {
	language, text := e.Language, e.Text
	if language == "" {
		language = cmmn.CEL
	}
	if language == cmmn.CEL && text == "" {
		text = always
	}
	if e.ID != "" {
		w.declare(otherKind, name, e.ID)
	}
	w.text(name, text, "id", e.ID, "language", language)
}
