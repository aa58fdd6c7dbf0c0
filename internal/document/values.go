package document

import (
	"strconv"
	"strings"
)

// Each returns the keys of a mapping, and nothing for any other node.
func (n *Node) Each() []Pair {
	if n == nil {
		return nil
	}
	return n.Pairs
}

// List returns the items of a list, and nothing for any other node.
func (n *Node) List() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// TextOf returns a text, and "" for any other node.
func TextOf(n *Node) string {
	if n == nil || n.Kind != Text {
		return ""
	}
	return n.Text
}

// NumberOf returns a whole number, and 0 for any other node.
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

// Plain returns a value as a Go value, for options that only the catalog knows.
// A number in an unusual spelling stays text.
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
