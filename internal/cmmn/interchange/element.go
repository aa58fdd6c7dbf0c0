package interchange

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// element is an XML element and the position of its tag.
type element struct {
	space, name  string
	line, column int
	attributes   []xml.Attr
	children     []*element
	text         []byte // the character data directly inside
}

// attribute returns an attribute without a namespace. It is empty if absent.
func (e *element) attribute(name string) string { return e.attributeIn("", name) }

func (e *element) attributeIn(space, name string) string {
	for _, a := range e.attributes {
		if a.Name.Space == space && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all returns the children in CMMN's namespace with one of the names, in order.
func (e *element) all(names ...string) []*element {
	var found []*element
	for _, child := range e.children {
		if child.space == modelSpace && slices.Contains(names, child.name) {
			found = append(found, child)
		}
	}
	return found
}

// child returns the first child of that name, or nil.
func (e *element) child(name string) *element {
	if found := e.all(name); len(found) > 0 {
		return found[0]
	}
	return nil
}

// extensions returns Cairn's extension elements in e.
func (e *element) extensions() []*element {
	var found []*element
	for _, holder := range e.all("extensionElements") {
		for _, child := range holder.children {
			if child.space == cairnSpace {
				found = append(found, child)
			}
		}
	}
	return found
}

// trimmed returns the element's text without surrounding white space.
func (e *element) trimmed() string { return strings.TrimSpace(string(e.text)) }

// String names the element in messages.
func (e *element) String() string {
	if id := e.attribute("id"); id != "" {
		return fmt.Sprintf("%s %q", e.name, id)
	}
	return e.name
}
