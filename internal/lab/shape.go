package lab

// shape is what may stand at one place of the file. Exactly one of its uses
// applies, by kind:
//
//	text, integer, boolean   a scalar of the form
//	list                     of item, at least atLeast of them
//	mapping with names       names of the owner's choice, each with an item
//	mapping without          the keys, and others when open is set
//
// A place that takes either a scalar or something longer has the longer one as
// orElse.
type shape struct {
	kind    nodeKind
	form    *form
	item    *shape
	atLeast int
	empty   string // why atLeast, when it is not met
	names   *form
	keys    []key
	open    bool
	orElse  *shape
}

// key is a key that a mapping may have.
type key struct {
	name     string
	doc      string // Markdown, whole sentences
	required bool
	unless   string // the key that may stand in the place of a required one
	fallback string // what holds without it, as the reference page says it
	shape    *shape
}

// keyNames are the names of all keys, in their order.
func (s *shape) keyNames() []string {
	names := make([]string, len(s.keys))
	for i, k := range s.keys {
		names[i] = k.name
	}
	return names
}

// key finds a key by name.
func (s *shape) key(name string) (key, bool) {
	for _, k := range s.keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// expected is what may stand there, in words.
func (s *shape) expected() string {
	words := ""
	switch {
	case s.form != nil:
		words = s.form.expected()
	case s.kind == boolean:
		words = "true or false"
	case s.kind == list:
		words = "a list, each of its items " + s.item.expected()
	case s.names != nil:
		words = "keys with values, each key " + s.names.expected()
	case s.open:
		words = "keys with values"
	default:
		words = "keys with values (" + joined(s.keyNames()) + ")"
	}
	if s.orElse != nil {
		words += ", or " + s.orElse.expected()
	}
	return words
}

// Short ways to write shapes.
func scalar(kind nodeKind, f *form) *shape { return &shape{kind: kind, form: f} }
func words(f *form) *shape                 { return scalar(text, f) }
func number(f *form) *shape                { return scalar(integer, f) }
func yesNo() *shape                        { return scalar(boolean, nil) }
func listOf(item *shape) *shape            { return &shape{kind: list, item: item} }
func keyed(keys ...key) *shape             { return &shape{kind: mapping, keys: keys} }
func named(names *form, item *shape) *shape {
	return &shape{kind: mapping, names: names, item: item}
}

// nonEmpty is a list or mapping that needs at least one element, with the reason.
func nonEmpty(s *shape, why string) *shape {
	s.atLeast, s.empty = 1, why
	return s
}
