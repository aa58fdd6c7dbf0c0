package document

import (
	"strconv"
	"strings"
)

// Each are the keys of a mapping; none of anything else.
func (n *Node) Each() []Pair {
	if n == nil {
		return nil
	}
	return n.Pairs
}

// List are the items of a list; none of anything else.
func (n *Node) List() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// TextOf is a text; "" of anything else.
func TextOf(n *Node) string {
	if n == nil || n.Kind != Text {
		return ""
	}
	return n.Text
}

// NumberOf is a whole number; 0 of anything else.
func NumberOf(n *Node) int64 {
	if n == nil || n.Kind != Integer {
		return 0
	}
	value, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil {
		return 0
	}
	return value
}

// IsTrue reports whether a truth value is true.
func IsTrue(n *Node) bool { return strings.EqualFold(n.Text, "true") }

// Plain is a value as Go has it, for options that only the catalog knows.
// Numbers that are not written plainly stay text.
func Plain(n *Node) any {
	switch n.Kind {
	case Nothing:
		return nil
	case Boolean:
		return IsTrue(n)
	case Integer:
		if value, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			return value
		}
	case Decimal:
		if value, err := strconv.ParseFloat(n.Text, 64); err == nil {
			return value
		}
	case List:
		values := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			values = append(values, Plain(item))
		}
		return values
	case Mapping:
		values := make(map[string]any, len(n.Pairs))
		for _, p := range n.Pairs {
			values[p.Key] = Plain(p.Value)
		}
		return values
	}
	return n.Text
}
