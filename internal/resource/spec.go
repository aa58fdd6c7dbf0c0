package resource

import (
	"errors"

	"cairn/internal/system"

	"github.com/fxamacker/cbor/v2"
)

// Spec is a resource on its way to a host. Long contents are only named. Each of
// them travels once, if the host lacks it.
type Spec struct {
	Kind Kind            `cbor:"1,keyasint"`
	Body cbor.RawMessage `cbor:"2,keyasint"`

	contents []Content // that the body names and this side has
}

// Contents are those that the body only names, if this side has them.
func (s Spec) Contents() []Content { return s.contents }

// bearer is a kind of resource that has contents. All work on contents goes
// through it, so it is the same for all kinds.
type bearer interface {
	Resource
	// contents returns the resource after applying change to each of its contents.
	contents(change func(Content, use) Content) Resource
}

// use says what a content is needed for, apart from comparing its hash and writing
// it.
type use uint8

const (
	toRead    use = 1 << iota // a check reads it too
	toPersist                 // [Guardable.Persist] writes it once more
	toNothing                 // it describes something to be removed
)

// withContents changes the contents of a resource, if it has any.
func withContents(r Resource, change func(Content, use) Content) Resource {
	if b, is := r.(bearer); is {
		return b.contents(change)
	}
	return r
}

// placeholder stands for a content. Only its presence matters.
var placeholder = Inline("\n")

// withoutContents returns the resource as it may be kept on a host. The contents
// may be secret, and the record only needs their places.
func withoutContents(r Resource) Resource {
	return withContents(r, func(c Content, _ use) Content { return stripped(c) })
}

func stripped(c Content) Content {
	if c.IsZero() {
		return c
	}
	return placeholder
}

// Encode prepares a resource for its way to a host. A content is only named if it
// is too long to be compared line by line, unless a check has to read it.
func Encode(r Resource) (Spec, error) {
	return encode(r, func(c Content, u use) bool { return u&toRead == 0 && c.size() > maxLineBytes })
}

// encode names the contents for which long returns true.
func encode(r Resource, long func(Content, use) bool) (Spec, error) {
	if err := r.Validate(); err != nil {
		return Spec{}, err
	}
	s := Spec{Kind: r.Kind()}
	named := withContents(r, func(c Content, u use) Content {
		if u&toNothing != 0 {
			return stripped(c)
		}
		if c.IsZero() || c.name == nil && !long(c, u) {
			return c
		}
		name := c.Name()
		s.contents = append(s.contents, Content{name: &name, open: c.Open})
		return Content{name: &name}
	})
	var err error
	s.Body, err = cbor.Marshal(named)
	return s, err
}

// EncodeToPersist prepares a resource to be kept on a host until its change is
// permanent. It keeps the contents that Persist needs, and only the names of all
// others.
func EncodeToPersist(r Resource) (Spec, error) {
	needed := func(u use) bool { return u&(toRead|toPersist) != 0 }
	var unread error
	kept := withContents(r, func(c Content, u use) Content {
		if !needed(u) {
			return c
		}
		data, err := c.bytes()
		unread = errors.Join(unread, err)
		return Inline(data)
	})
	if unread != nil {
		return Spec{}, unread
	}
	return encode(kept, func(_ Content, u use) bool { return !needed(u) })
}

// FitForCheck names further contents once the descriptions together are longer
// than limit bytes. A named content is still compared, but its difference is not
// shown line by line.
func FitForCheck(specs []Spec, limit int) ([]Spec, error) {
	return fit(specs, limit, func(_ Content, u use) bool { return u&toRead == 0 })
}

// FitForRun is [FitForCheck] for descriptions whose contents are sent after them.
func FitForRun(specs []Spec, limit int) ([]Spec, error) {
	return fit(specs, limit, func(Content, use) bool { return true })
}

func fit(specs []Spec, limit int, long func(Content, use) bool) ([]Spec, error) {
	fitting := make([]Spec, len(specs))
	for i, s := range specs {
		if len(s.Body) > limit {
			r, err := DecodeFrom(s, s.source)
			if err != nil {
				return nil, err
			}
			if s, err = encode(r, long); err != nil {
				return nil, err
			}
		}
		limit -= len(s.Body)
		fitting[i] = s
	}
	return fitting, nil
}

// source returns where this side has a content of the description.
func (s Spec) source(name ContentName) system.Source {
	for _, c := range s.contents {
		if c.Name().Is(name) {
			return c.Open
		}
	}
	return nil
}

// Named returns the names of all contents that the description does not hold.
func (s Spec) Named() ([]ContentName, error) {
	r, err := decode(s)
	if err != nil {
		return nil, err
	}
	var names []ContentName
	withContents(r, func(c Content, _ use) Content {
		if c.name != nil {
			names = append(names, *c.name)
			err = errors.Join(err, c.name.validate())
		}
		return c
	})
	return names, err
}

// DecodeFrom is [Decode] with access to the contents that the description only
// names. Contents that a check reads are loaded into memory. All others are read
// when they are put in place.
func DecodeFrom(s Spec, source func(ContentName) system.Source) (Resource, error) {
	r, err := decode(s)
	if err != nil {
		return nil, err
	}
	var unread error
	r = withContents(r, func(c Content, u use) Content {
		if c.name == nil {
			return c
		}
		if err := c.name.validate(); err != nil {
			unread = errors.Join(unread, err)
			return c
		}
		c.open = source(*c.name)
		if u&toRead == 0 {
			return c
		}
		data, err := c.bytes()
		unread = errors.Join(unread, err)
		return Inline(data)
	})
	if unread != nil {
		return nil, unread
	}
	return r, r.Validate()
}
