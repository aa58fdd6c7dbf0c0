package interchange

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"cairn/internal/problem"
)

// parse reads an XML document within the limits and returns its root element.
func parse(file string, data []byte) (*element, *problem.Problem) {
	if len(data) > maxBytes {
		return nil, problem.New(problem.ModelXML, file, fmt.Sprintf("the file is larger than %d MB", maxBytes>>20))
	}
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	d.CharsetReader = charset
	p := &parser{decoder: d}
	err := p.run()
	if err == nil {
		return p.root, nil
	}
	where := fmt.Sprintf("%s:%d:%d", file, p.line, p.column)
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return nil, problem.Wrap(problem.ModelXML, where, "the file is not well-formed XML", errors.New(syntax.Msg))
	}
	return nil, problem.New(problem.ModelXML, where, err.Error())
}

// parser builds the tree of elements.
type parser struct {
	decoder      *xml.Decoder
	root         *element
	open         []*element
	count        int
	line, column int // where the current token begins
}

func (p *parser) run() error {
	for {
		p.line, p.column = p.decoder.InputPos()
		token, err := p.decoder.Token()
		if errors.Is(err, io.EOF) && p.root != nil {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return errors.New("the file has no element")
		}
		if err != nil {
			p.line, p.column = p.decoder.InputPos()
			return err
		}
		if err := p.take(token); err != nil {
			return err
		}
	}
}

func (p *parser) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return p.start(token)
	case xml.EndElement:
		p.open = p.open[:len(p.open)-1]
	case xml.CharData:
		return p.characters(token)
	case xml.Directive:
		return errors.New("the file declares a document type; remove it, CMMN has none")
	}
	return nil
}

func (p *parser) start(token xml.StartElement) error {
	if p.count++; p.count > maxElements {
		return fmt.Errorf("the file has more than %d elements", maxElements)
	}
	if len(p.open) >= maxDepth {
		return fmt.Errorf("elements nest deeper than %d", maxDepth)
	}
	seen := make(map[xml.Name]bool, len(token.Attr))
	for _, a := range token.Attr {
		if seen[a.Name] {
			return fmt.Errorf("%s has the attribute %s twice", token.Name.Local, a.Name.Local)
		}
		seen[a.Name] = true
	}
	e := &element{space: token.Name.Space, name: token.Name.Local, line: p.line, column: p.column, attributes: token.Attr}
	switch {
	case len(p.open) > 0:
		parent := p.open[len(p.open)-1]
		parent.children = append(parent.children, e)
	case p.root != nil:
		return errors.New("the file has a second root element")
	default:
		p.root = e
	}
	p.open = append(p.open, e)
	return nil
}

func (p *parser) characters(data xml.CharData) error {
	if len(p.open) > 0 {
		e := p.open[len(p.open)-1]
		e.text = append(e.text, data...)
		return nil
	}
	if len(bytes.TrimSpace(data)) > 0 {
		return errors.New("there is text outside of the root element")
	}
	return nil
}
