package document

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"cairn/internal/spelling"
)

// Inspect compares a document with its shape. It returns the faults, and the
// nodes that have a fault themselves.
func (d Dialect) Inspect(root *Node, s *Shape) (faults Faults, bad map[*Node]bool) {
	return d.InspectAt(root, s, Place{Line: 1, Column: 1}, "")
}

// InspectAt compares a part of a document with its shape. held is the place of the
// key that it belongs to, and path is its path in the document.
func (d Dialect) InspectAt(n *Node, s *Shape, held Place, path string) (faults Faults, bad map[*Node]bool) {
	i := &inspector{codes: d.Codes, bad: map[*Node]bool{}}
	i.inspect(n, s, held, path)
	return i.faults, i.bad
}

// inspector compares the nodes of a file with their shapes.
type inspector struct {
	codes  Codes
	faults Faults
	bad    map[*Node]bool // nodes that have a fault themselves
}

// wholeNumber is the accepted spelling of a whole number. YAML knows more,
// which people read differently: 010 is 8 to some.
var wholeNumber = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)

func (i *inspector) fault(p Place, f Flaw) {
	f.Code = cmp.Or(f.Code, i.codes.BadValue)
	i.faults = append(i.faults, f.At(p))
}

// inspect compares a value with a shape. The value belongs to the key or item
// at the place held; path is its path in the file.
func (i *inspector) inspect(n *Node, s *Shape, held Place, path string) {
	if n.broken {
		return
	}
	if s.OrElse != nil && n.Kind == Mapping {
		s = s.OrElse
	}
	if n.Kind != s.Kind {
		i.wrongType(n, s, path)
		return
	}
	switch s.Kind {
	case List:
		i.atLeast(n, len(n.Items), s, path)
		for index, item := range n.Items {
			i.inspect(item, s.Item, item.Place, fmt.Sprintf("%s[%d]", path, index))
		}
		i.unique(n, s)
	case Mapping:
		i.atLeast(n, len(n.Pairs), s, path)
		i.mapping(n, s, held, path)
	default:
		i.scalar(n, s)
	}
}

// wrongType reports a value of the wrong kind. An empty value counts as leaving
// the key out, if the list or mapping may be empty.
func (i *inspector) wrongType(n *Node, s *Shape, path string) {
	if n.Kind == Nothing && (s.Kind == List || s.Kind == Mapping) && s.AtLeast == 0 && !s.needsKeys() {
		return
	}
	i.bad[n] = true
	if path == "" {
		path = "the file"
	}
	found := Flaw{Code: i.codes.WrongType, Message: fmt.Sprintf("%s holds %s", path, n.Kind), Expected: s.Expected()}
	if n.Kind == Nothing && s.Empty != "" {
		found.Message = path + " is empty: " + s.Empty
	}
	found.Suggestion = rewritten(n, s)
	i.fault(n.Place, found)
}

// needsKeys reports whether a mapping has a required key.
func (s *Shape) needsKeys() bool {
	return slices.ContainsFunc(s.Keys, func(k Key) bool { return k.Required })
}

// rewritten returns what a value of the wrong kind was probably meant to be, or
// "".
func rewritten(n *Node, s *Shape) string {
	switch {
	case s.Kind == List && n.Kind == s.Item.Kind && s.Item.Form != nil && !s.Item.Form.Private:
		return "[" + n.Text + "]"
	case s.Kind == Integer && n.Kind == Text && wholeNumber.MatchString(n.Text):
		return n.Text
	case s.Kind == Text && n.Kind == Mapping && len(n.Pairs) == 1 && n.Pairs[0].Value.Kind == Text:
		// An IPv6 address in brackets: YAML takes its colon for a key's.
		return inQuotes(n.Pairs[0].Key+":"+n.Pairs[0].Value.Text, s.Form)
	case s.Kind == Text && (n.Kind == Integer || n.Kind == Decimal || n.Kind == Boolean):
		return cmp.Or(inQuotes(n.Text, s.Form), continued(n, s.Form))
	}
	return ""
}

// continued returns the form's suggestion for a whole number that begins a text
// of the form, as 443 begins 443/tcp. Without one it returns "".
func continued(n *Node, f *Form) string {
	if found := f.Inspect(n.Text); n.Kind == Integer && found != nil {
		return found.Suggestion
	}
	return ""
}

// inQuotes returns the text in quotes if that gives it the form, or "".
func inQuotes(text string, f *Form) string {
	if f.Inspect(text) != nil {
		return ""
	}
	return strconv.Quote(text)
}

func (i *inspector) atLeast(n *Node, count int, s *Shape, path string) {
	if count >= s.AtLeast {
		return
	}
	i.bad[n] = true
	i.fault(n.Place, Flaw{Message: path + " is empty: " + s.Empty, Expected: s.Expected()})
}

// unique reports scalars that occur twice in a list.
func (i *inspector) unique(n *Node, s *Shape) {
	if s.Repeats {
		return
	}
	seen := map[string]bool{}
	for _, item := range n.Items {
		if item.Kind != s.Item.Kind || s.Item.Form == nil {
			continue
		}
		if seen[item.Text] {
			i.bad[item] = true
			i.fault(item.Place, Flaw{Code: i.codes.Duplicate, Message: s.Item.Form.shown(item.Text) + " is in the list twice"})
		}
		seen[item.Text] = true
	}
}

func (i *inspector) mapping(n *Node, s *Shape, held Place, path string) {
	for _, p := range n.Pairs {
		if s.Names != nil {
			i.name(p, s.Names)
			i.inspect(p.Value, s.Item, p.Place, Join(path, p.Key))
			continue
		}
		k, known := s.key(p.Key)
		switch {
		case known:
			i.inspect(p.Value, k.Shape, p.Place, Join(path, p.Key))
		case !s.Open:
			i.unknownKey(p, s, path)
		}
	}
	for _, k := range s.Keys {
		if k.Required && n.Pair(k.Name) == nil && (k.Unless == "" || n.Pair(k.Unless) == nil) {
			i.fault(held, Flaw{Code: i.codes.MissingKey, Message: fmt.Sprintf("the key %q is missing%s", k.Name, within(path)), Expected: k.Shape.Expected()})
		}
	}
}

func (i *inspector) unknownKey(p Pair, s *Shape, path string) {
	i.fault(p.Place, Flaw{
		Code:     i.codes.UnknownKey,
		Message:  fmt.Sprintf("unknown key %s%s", Quoted(p.Key), within(path)),
		Expected: "one of " + joined(s.keyNames()), Suggestion: spelling.Nearest(p.Key, s.keyNames()),
	})
}

func (i *inspector) name(p Pair, f *Form) {
	if found := f.Inspect(p.Key); found != nil {
		i.fault(p.Place, *found)
	}
}

func (i *inspector) scalar(n *Node, s *Shape) {
	found := inspectScalar(n, s)
	if found == nil {
		return
	}
	i.bad[n] = true
	i.fault(n.Place, *found)
}

func inspectScalar(n *Node, s *Shape) *Flaw {
	switch {
	case s.Form == nil:
		return nil
	case s.Kind != Integer:
		return s.Form.Inspect(n.Text)
	}
	value, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil || !wholeNumber.MatchString(n.Text) || value < s.Form.Min || s.Form.Max != 0 && value > s.Form.Max {
		return s.Form.Complete(Flaw{Expected: fmt.Sprintf("a whole number from %d to %d", s.Form.Min, s.Form.Max)}, n.Text)
	}
	return nil
}

// plainKey is a key that messages may show as it is.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)

// Join appends a key to a path.
func Join(path, key string) string {
	if !plainKey.MatchString(key) {
		key = Quoted(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// within names a place in the file, in words.
func within(path string) string {
	if path == "" {
		return " at the top level"
	}
	return " in " + path
}
