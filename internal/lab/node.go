package lab

import "cairn/internal/document"

// nodeKind is what a value of the file is, in YAML's sense.
type nodeKind int

const (
	nothing nodeKind = iota // null, or nothing written
	text
	integer
	decimal // a number with a fraction, infinite or not a number
	boolean
	list
	mapping
)

// String is the kind as the owner calls it.
func (k nodeKind) String() string {
	return [...]string{"nothing", "text", "a whole number", "a number with a fraction", "true or false", "a list", "keys with values"}[k]
}

// node is a value of the file with its place. Aliases share the node of their
// anchor, so a node is not changed once it is read.
type node struct {
	kind  nodeKind
	place document.Place
	text  string // of a scalar, as written but without quotes
	items []*node
	pairs []pair
	size  int // how many nodes are below it, aliases counted in full
	depth int // how many levels are below it

	broken bool // there is a fault about it already, so that its kind means nothing
}

// pair is a key with its value.
type pair struct {
	key   string
	place document.Place // of the key
	value *node
}

// get finds the value of a key; nil when there is none. It may be called on nil,
// so that lookups can be chained.
func (n *node) get(key string) *node {
	if p := n.pair(key); p != nil {
		return p.value
	}
	return nil
}

// pair finds a key with its value; nil when there is none, or no node.
func (n *node) pair(key string) *pair {
	if n == nil {
		return nil
	}
	for i := range n.pairs {
		if n.pairs[i].key == key {
			return &n.pairs[i]
		}
	}
	return nil
}

// add appends a key with its value while the node is being read.
func (n *node) add(p pair) {
	n.pairs = append(n.pairs, p)
	n.grow(p.value)
}

// grow counts a value that was put below the node.
func (n *node) grow(child *node) {
	n.size += child.size + 1
	n.depth = max(n.depth, child.depth+1)
}
