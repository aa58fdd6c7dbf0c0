package document

// Kind is what a value of the file is, in YAML's sense.
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

// String is the kind as the owner calls it.
func (k Kind) String() string {
	return [...]string{"nothing", "text", "a whole number", "a number with a fraction", "true or false", "a list", "keys with values"}[k]
}

// Node is a value of the file with its place. Aliases share the node of their
// anchor, so a node is not changed once it is read.
type Node struct {
	Kind  Kind
	Place Place
	Text  string // of a scalar, as written but without quotes
	Items []*Node
	Pairs []Pair
	size  int // how many nodes are below it, aliases counted in full
	depth int // how many levels are below it

	broken bool // there is a fault about it already, so that its kind means nothing
}

// Pair is a key with its value.
type Pair struct {
	Key   string
	Place Place // of the key
	Value *Node
}

// Get finds the value of a key; nil when there is none. It may be called on nil,
// so that lookups can be chained.
func (n *Node) Get(key string) *Node {
	if p := n.Pair(key); p != nil {
		return p.Value
	}
	return nil
}

// Pair finds a key with its value; nil when there is none, or no node.
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

// grow counts a value that was put below the node.
func (n *Node) grow(child *Node) {
	n.size += child.size + 1
	n.depth = max(n.depth, child.depth+1)
}
