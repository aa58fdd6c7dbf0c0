package document

// Shape is what may stand at one place of the file. Exactly one of its uses
// applies, by kind:
//
//	Text, Integer, Boolean   a scalar of the form
//	List                     of Item, at least AtLeast of them, none twice unless Repeats is set
//	Mapping with Names       names of the owner's choice, each with an Item
//	Mapping without          the Keys, and others when Open is set
//
// A place that takes a scalar or something longer has the longer shape as
// OrElse.
type Shape struct {
	Kind    Kind
	Form    *Form
	Item    *Shape
	AtLeast int
	Empty   string // message if there are fewer than AtLeast
	Repeats bool
	Names   *Form
	Keys    []Key
	Open    bool
	OrElse  *Shape
}

// Key is a key that a mapping may have.
type Key struct {
	Name     string
	Doc      string // Markdown, whole sentences
	Required bool
	Unless   string // the key that may replace this required one
	Fallback string // what holds without it, for the reference page
	Shape    *Shape
}

// keyNames returns the names of all keys, in order.
func (s *Shape) keyNames() []string {
	names := make([]string, len(s.Keys))
	for i, k := range s.Keys {
		names[i] = k.Name
	}
	return names
}

// key finds a key by name.
func (s *Shape) key(name string) (Key, bool) {
	for _, k := range s.Keys {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

// Expected says in words what may stand there.
func (s *Shape) Expected() string {
	words := ""
	switch {
	case s.Form != nil:
		words = s.Form.Expected()
	case s.Kind == Boolean:
		words = "true or false"
	case s.Kind == List:
		words = "a list, each of its items " + s.Item.Expected()
	case s.Names != nil:
		words = "keys with values, each key " + s.Names.Expected()
	case s.Open:
		words = "keys with values"
	default:
		words = "keys with values (" + joined(s.keyNames()) + ")"
	}
	if s.OrElse != nil {
		words += ", or " + s.OrElse.Expected()
	}
	return words
}

// Words returns the shape of a text with a form.
func Words(f *Form) *Shape { return &Shape{Kind: Text, Form: f} }

// Number returns the shape of a whole number with a form.
func Number(f *Form) *Shape { return &Shape{Kind: Integer, Form: f} }

// YesNo returns the shape of a truth value.
func YesNo() *Shape { return &Shape{Kind: Boolean} }

// ListOf returns the shape of a list of items of one shape.
func ListOf(item *Shape) *Shape { return &Shape{Kind: List, Item: item} }

// Sequence returns the shape of a list in which items may repeat, such as the
// arguments of a program.
func Sequence(item *Shape) *Shape { return &Shape{Kind: List, Item: item, Repeats: true} }

// Keyed returns the shape of a mapping with these keys and no others.
func Keyed(keys ...Key) *Shape { return &Shape{Kind: Mapping, Keys: keys} }

// Named returns the shape of a mapping whose keys the owner chooses.
func Named(names *Form, item *Shape) *Shape {
	return &Shape{Kind: Mapping, Names: names, Item: item}
}

// NonEmpty returns the shape of a list or mapping that needs at least one
// element. why is the message if it has none.
func NonEmpty(s *Shape, why string) *Shape {
	s.AtLeast, s.Empty = 1, why
	return s
}
