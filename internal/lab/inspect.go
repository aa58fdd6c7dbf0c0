package lab

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"cairn/internal/document"
	"cairn/internal/problem"
	"cairn/internal/spelling"
)

// inspector holds the nodes of a file against the shapes they must have.
type inspector struct {
	faults document.Faults
	bad    map[*node]bool // nodes that have a fault themselves
}

// wholeNumber is how a whole number is written in a lab file. YAML knows more
// ways, which people read differently: 010 is 8 to some.
var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)

func (i *inspector) fault(p document.Place, f flaw) { i.faults = append(i.faults, f.at(p)) }

// inspect holds a value against a shape. The value belongs to the key or item at
// the place held, whose path in the file is path.
func (i *inspector) inspect(n *node, s *shape, held document.Place, path string) {
	if n.broken {
		return
	}
	if s.orElse != nil && n.kind == mapping {
		s = s.orElse
	}
	if n.kind != s.kind {
		i.wrongType(n, s, path)
		return
	}
	switch s.kind {
	case list:
		i.atLeast(n, len(n.items), s, path)
		for index, item := range n.items {
			i.inspect(item, s.item, item.place, fmt.Sprintf("%s[%d]", path, index))
		}
		i.unique(n, s)
	case mapping:
		i.atLeast(n, len(n.pairs), s, path)
		i.mapping(n, s, held, path)
	default:
		i.scalar(n, s)
	}
}

// wrongType reports a value of another kind than the shape's. Nothing at all is
// as good as leaving the key out, where a list or keys may be left empty.
func (i *inspector) wrongType(n *node, s *shape, path string) {
	if n.kind == nothing && (s.kind == list || s.kind == mapping) && s.atLeast == 0 && !s.needsKeys() {
		return
	}
	i.bad[n] = true
	if path == "" {
		path = "the file"
	}
	found := flaw{code: problem.LabWrongType, message: fmt.Sprintf("%s holds %s", path, n.kind), expected: s.expected()}
	if n.kind == nothing && s.empty != "" {
		found.message = path + " is empty: " + s.empty
	}
	found.suggestion = rewritten(n, s)
	i.fault(n.place, found)
}

// needsKeys reports whether a mapping has a key that must be there.
func (s *shape) needsKeys() bool {
	return slices.ContainsFunc(s.keys, func(k key) bool { return k.required })
}

// rewritten is a value of the wrong kind as it was probably meant, or "".
func rewritten(n *node, s *shape) string {
	switch {
	case s.kind == list && n.kind == s.item.kind && s.item.form != nil:
		return "[" + n.text + "]"
	case s.form == openingForm && n.kind == integer && s.form.inspect(n.text+"/tcp") == nil:
		return n.text + "/tcp"
	case s.kind == integer && n.kind == text && wholeNumber.MatchString(n.text):
		return n.text
	case s.kind == text && n.kind == mapping && len(n.pairs) == 1 && n.pairs[0].value.kind == text:
		// An IPv6 address within brackets: its colon is taken for a key's.
		return inQuotes(n.pairs[0].key+":"+n.pairs[0].value.text, s.form)
	case s.kind == text && (n.kind == integer || n.kind == decimal || n.kind == boolean):
		return inQuotes(n.text, s.form)
	}
	return ""
}

// inQuotes is a text in quotes if that makes it one of the form, or "".
func inQuotes(text string, f *form) string {
	if f.inspect(text) != nil {
		return ""
	}
	return strconv.Quote(text)
}

func (i *inspector) atLeast(n *node, count int, s *shape, path string) {
	if count >= s.atLeast {
		return
	}
	i.bad[n] = true
	i.fault(n.place, flaw{code: problem.LabBadValue, message: path + " is empty: " + s.empty, expected: s.expected()})
}

// unique reports scalars that a list has twice.
func (i *inspector) unique(n *node, s *shape) {
	seen := map[string]bool{}
	for _, item := range n.items {
		if item.kind != s.item.kind || s.item.form == nil {
			continue
		}
		if seen[item.text] {
			i.bad[item] = true
			i.fault(item.place, flaw{code: problem.LabDuplicate, message: document.Quoted(item.text) + " is in the list twice"})
		}
		seen[item.text] = true
	}
}

func (i *inspector) mapping(n *node, s *shape, held document.Place, path string) {
	for _, p := range n.pairs {
		if s.names != nil {
			i.name(p, s.names)
			i.inspect(p.value, s.item, p.place, join(path, p.key))
			continue
		}
		k, known := s.key(p.key)
		switch {
		case known:
			i.inspect(p.value, k.shape, p.place, join(path, p.key))
		case !s.open:
			i.unknownKey(p, s, path)
		}
	}
	for _, k := range s.keys {
		if k.required && n.pair(k.name) == nil && (k.unless == "" || n.pair(k.unless) == nil) {
			i.fault(held, flaw{code: problem.LabMissingKey, message: fmt.Sprintf("the key %q is missing%s", k.name, within(path)), expected: k.shape.expected()})
		}
	}
}

func (i *inspector) unknownKey(p pair, s *shape, path string) {
	i.fault(p.place, flaw{
		code:     problem.LabUnknownKey,
		message:  fmt.Sprintf("unknown key %s%s", document.Quoted(p.key), within(path)),
		expected: "one of " + joined(s.keyNames()), suggestion: spelling.Nearest(p.key, s.keyNames()),
	})
}

func (i *inspector) name(p pair, f *form) {
	if found := f.inspect(p.key); found != nil {
		i.fault(p.place, *found)
	}
}

func (i *inspector) scalar(n *node, s *shape) {
	found := inspectScalar(n, s)
	if found == nil {
		return
	}
	i.bad[n] = true
	i.fault(n.place, *found)
}

func inspectScalar(n *node, s *shape) *flaw {
	switch {
	case s.form == nil:
		return nil
	case s.kind != integer:
		return s.form.inspect(n.text)
	}
	value, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || !wholeNumber.MatchString(n.text) || value < s.form.min || s.form.max != 0 && value > s.form.max {
		return s.form.complete(flaw{expected: fmt.Sprintf("a whole number from %d to %d", s.form.min, s.form.max)}, n.text)
	}
	return nil
}

// plainKey is a key that messages may show as it is.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)

// join appends a key to a path.
func join(path, key string) string {
	if !plainKey.MatchString(key) {
		key = document.Quoted(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// within says where in the file, in words.
func within(path string) string {
	if path == "" {
		return " at the top level"
	}
	return " in " + path
}
