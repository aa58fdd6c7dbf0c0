package document

import (
	"bytes"
	"fmt"
	"strings"
)

// Tables returns a reference page's tables for documents of a shape, in
// Markdown: a table of keys for the whole, and one for each mapping below. The
// bytes are the same every time.
func Tables(title string, of *Shape) []byte {
	var b bytes.Buffer
	section(&b, title, of, "")
	return b.Bytes()
}

// section writes the keys of a mapping as a table, and then the mappings below
// it.
func section(b *bytes.Buffer, title string, s *Shape, path string) {
	fmt.Fprintf(b, "## %s\n\n| key | value | without it | meaning |\n|---|---|---|---|\n", title)
	for _, k := range s.Keys {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.Name, cell(valueWords(k.Shape)), cell(without(k)), cell(k.Doc))
	}
	b.WriteString("\n")
	for _, k := range s.Keys {
		below, at := mappingBelow(k.Shape, Join(path, k.Name))
		if below != nil {
			section(b, AsCode(at), below, at)
		}
	}
}

// valueWords says what a key's value is.
func valueWords(s *Shape) string {
	switch {
	case s.Kind == List:
		return "list: " + valueWords(s.Item)
	case s.Names != nil:
		return "for each name: " + valueWords(s.Item)
	case s.Kind == Mapping:
		return "keys"
	case s.OrElse != nil:
		return s.Form.Expected() + ", or keys"
	case s.Form != nil && len(s.Form.Options) > 0:
		return "`" + strings.Join(s.Form.Options, "`, `") + "`"
	case s.Kind == Integer:
		return fmt.Sprintf("whole number from %d to %d", s.Form.Min, s.Form.Max)
	}
	return s.Expected()
}

// without says what holds if a key is absent.
func without(k Key) string {
	switch {
	case k.Unless != "":
		return "**required** if there is no " + AsCode(k.Unless)
	case k.Required:
		return "**required**"
	case k.Fallback == "":
		return "-"
	}
	return k.Fallback
}

// mappingBelow returns the mapping that a key leads to, if any, with its path:
// hosts leads to the mapping of one host.
func mappingBelow(s *Shape, path string) (*Shape, string) {
	switch {
	case s.OrElse != nil:
		return mappingBelow(s.OrElse, path)
	case s.Kind == List:
		return mappingBelow(s.Item, path+"[]")
	case s.Names != nil:
		return mappingBelow(s.Item, path+".NAME")
	case s.Kind == Mapping && len(s.Keys) > 0:
		return s, path
	}
	return nil, ""
}

// cell escapes what would end a table cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// AsCode marks a word as code in Markdown.
func AsCode(word string) string { return "`" + word + "`" }
