package document

// Kind is the kind of a value, in YAML's sense.
type Kind int

// The kinds of values.
const (
	Nothing Kind = iota // null, or nothing written
	Text
	Integer
	Decimal // a number with a fraction, infinite or not a number
	Boolean
	List
	Mapping
)

// String returns the kind in the owner's words.
func (k Kind) String() string {
	return [...]string{"nothing", "text", "a whole number", "a number with a fraction", "true or false", "a list", "keys with values"}[k]
}

// Node is a value of the file with its place. Aliases share the node of their
// anchor, so a node must not be changed after it was read.
type Node struct {
	Kind  Kind
	Place Place
	Text  string // of a scalar, as written but without quotes
	Items []*Node
	Pairs []Pair
	size  int // how many nodes are below it, aliases counted in full
	depth int // how many levels are below it

	broken bool // it has a fault already, so its kind means nothing
}

// Pair is a key with its value.
type Pair struct {
	Key   string
	Place Place // of the key
	Value *Node
}

// Get returns the value of a key, or nil. It may be called on nil, so lookups
// can be chained.
func (n *Node) Get(key string) *Node {
	if p := n.Pair(key); p != nil {
		return p.Value
	}
	return nil
}

// Pair returns a key with its value, or nil if there is no such key or no node.
func (n *Node) Pair(key string) *Pair {
	if n == nil {
		return nil
	}
	for i := range n.Pairs {
		if n.Pairs[i].Key == key {
			return &n.Pairs[i]
		}
	}
	return nil
}

// add appends a key with its value while the node is being read.
func (n *Node) add(p Pair) {
	n.Pairs = append(n.Pairs, p)
	n.grow(p.Value)
}

// grow counts a value that was added below the node.
func (n *Node) grow(child *Node) {
	n.size += child.size + 1
	n.depth = max(n.depth, child.depth+1)
}
