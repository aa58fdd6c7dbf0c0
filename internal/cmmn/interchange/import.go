package interchange

import (
	"fmt"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

// Import reads the case of a CMMN 1.1 file. The name appears only in messages.
// Its errors are problems that name the element with its line and column. Their
// codes are ModelXML if the file is not CMMN 1.1, ModelInvalid if it
// contradicts itself, and ModelUnsupported if a model cannot hold something in
// it. [cmmn.Compile] checks the rest.
func Import(name string, data []byte) (*cmmn.Model, error) {
	root, bad := parse(name, data)
	if bad != nil {
		return nil, bad
	}
	r := &reader{
		file: name, ids: map[string]*element{}, definitions: map[string]*element{}, register: newRegister(),
		built: map[*element]*cmmn.Definition{}, counts: map[string]int{}, exits: map[string]string{},
	}
	m := r.read(root)
	if r.fault != nil {
		return nil, r.fault
	}
	return m, nil
}

// reader makes a model from elements. After a fault it continues and keeps only
// the first, so that its parts need not check each other for errors.
type reader struct {
	file        string
	language    string // of expressions that name none
	ids         map[string]*element
	definitions map[string]*element
	register    *register
	built       map[*element]*cmmn.Definition
	building    []*element     // definitions around the one that is being read
	counts      map[string]int // how many ids were made, by element name
	sentries    []*cmmn.Sentry
	exits       map[string]string // the item of each exit criterion
	fault       *problem.Problem
}

func (r *reader) fail(code problem.Code, e *element, reason string) {
	if r.fault == nil {
		r.fault = problem.New(code, r.place(e), reason)
	}
}

func (r *reader) place(e *element) string { return fmt.Sprintf("%s:%d:%d", r.file, e.line, e.column) }

func (r *reader) read(root *element) *cmmn.Model {
	if !r.isCMMN(root) {
		return nil
	}
	if r.check(root); r.fault != nil {
		return nil
	}
	c := r.onlyCase(root)
	if c == nil {
		return nil
	}
	r.language = root.attribute("expressionLanguage")
	if own := c.attribute("expressionLanguage"); own != "" {
		r.language = own
	}
	m := &cmmn.Model{ID: r.id(c), Name: c.attribute("name")}
	if file := c.child("caseFileModel"); file != nil {
		r.fileItems(m, file)
	}
	m.Plan = r.plan(c.child("casePlanModel"))
	r.references()
	return m
}

// isCMMN reports whether the root belongs to a CMMN 1.1 file.
func (r *reader) isCMMN(root *element) bool {
	if root.space == "" {
		adopt(root)
	}
	switch {
	case root.space == modelSpace10:
		r.fail(problem.ModelUnsupported, root, "the file is CMMN 1.0, whose criteria and rules differ; Cairn reads 1.1")
	case root.space != modelSpace || root.name != "definitions":
		r.fail(problem.ModelXML, root, fmt.Sprintf("the file is not CMMN 1.1: its root is %s in the namespace %q", root.name, root.space))
	}
	return r.fault == nil
}

// adopt moves the elements of a file without a namespace into that of CMMN.
// cafienne writes such files, and uses the older names of two elements.
func adopt(e *element) {
	if e.space == "" {
		e.space = modelSpace
	}
	switch e.name {
	case "userEvent", "timerEvent":
		e.name += "Listener"
	}
	for _, child := range e.children {
		adopt(child)
	}
}

func (r *reader) onlyCase(root *element) *element {
	cases := root.all("case")
	switch {
	case len(cases) == 0:
		r.fail(problem.ModelInvalid, root, "the file has no case")
	case len(cases) > 1:
		r.fail(problem.ModelUnsupported, cases[1], "the file has several cases; Cairn reads files with one")
	case cases[0].child("casePlanModel") == nil:
		r.fail(problem.ModelInvalid, cases[0], fmt.Sprintf("%s has no casePlanModel", cases[0]))
	default:
		return cases[0]
	}
	return nil
}

// id returns the element's id. Without one, it makes the first free id from the
// element's name.
func (r *reader) id(e *element) string {
	if id := e.attribute("id"); id != "" {
		return id
	}
	for {
		r.counts[e.name]++
		id := fmt.Sprintf("%s_%d", e.name, r.counts[e.name])
		if r.ids[id] == nil {
			return id
		}
	}
}

// fileItems reads case file items and their children. A model lists both side
// by side.
func (r *reader) fileItems(m *cmmn.Model, parent *element) {
	for _, e := range parent.all("caseFileItem") {
		item := cmmn.FileItem{ID: r.id(e), Name: e.attribute("name")}
		r.register.declare(fileItemKind, item.ID)
		m.File = append(m.File, item)
		if children := e.child("children"); children != nil {
			r.fileItems(m, children)
		}
	}
}

// references checks that everything referred to exists. It also completes
// on-parts that name their source only by its exit criterion.
func (r *reader) references() {
	if missing := r.register.dangling(); missing != nil && r.fault == nil {
		r.fault = problem.New(problem.ModelInvalid, missing.place, missing.String())
	}
	for _, s := range r.sentries {
		for i := range s.On {
			if s.On[i].Source == "" {
				s.On[i].Source = r.exits[s.On[i].ExitCriterion]
			}
		}
	}
}

// refer records that e refers to the element with the id.
func (r *reader) refer(e *element, kind, id string) {
	r.register.want(r.place(e), e.String(), kind, id)
}

// flag reads a boolean attribute (xsd:boolean).
func (r *reader) flag(e *element, name string, absent bool) bool {
	switch value := e.attribute(name); value {
	case "":
		return absent
	case "true", "1":
		return true
	case "false", "0":
		return false
	default:
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s has %s=%q, which is neither true nor false", e, name, value))
		return absent
	}
}
