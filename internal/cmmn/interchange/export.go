package interchange

import (
	"bytes"
	"fmt"
	"io"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/diagram"
)

// writes counts the changes of what Export writes. It stands in every file
// instead of the program's version, so that all builds write the same.
const writes = "1"

// Export writes a model as CMMN 1.1 XML, with the diagram d unless it is nil: other
// tools then open the file, and show nothing. The same model and diagram give the
// same bytes. Errors are problems with the code ModelExport when there is
// something that the file cannot hold, in which case nothing is written, and
// otherwise those of out.
func Export(m *cmmn.Model, out io.Writer, d *diagram.Plan) error {
	w := &writer{register: newRegister()}
	w.document(m, d)
	if missing := w.register.dangling(); missing != nil {
		w.fail("%s", missing)
	}
	if w.out.Len() > maxBytes {
		w.fail("the file would be larger than %d MB", maxBytes>>20)
	}
	if w.fault != nil {
		return w.fault
	}
	if _, err := w.out.WriteTo(out); err != nil {
		return fmt.Errorf("cannot write the case: %w", err)
	}
	return nil
}

// document writes the root element round what is in it, which comes first, since
// only then it is known which ids are free.
func (w *writer) document(m *cmmn.Model, d *diagram.Plan) {
	const root = "cmmn:definitions"
	w.survey = surveyed(m)
	if w.survey.fault != "" {
		w.fail("%s", w.survey.fault)
		return
	}
	w.placement = place(w.survey)
	w.around = []string{root}
	w.theCase(m)
	w.diagram(m, d)
	inside := w.out
	w.out, w.around = bytes.Buffer{}, nil
	w.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	w.open(root,
		"xmlns:cmmn", modelSpace, "xmlns:cmmndi", diagramSpace, "xmlns:dc", dcSpace, "xmlns:di", diSpace, "xmlns:cairn", cairnSpace,
		"id", w.free("definitions"), "targetNamespace", cairnSpace, "expressionLanguage", cmmn.CEL,
		"exporter", "Cairn", "exporterVersion", writes)
	w.out.WriteByte('>')
	w.out.Write(inside.Bytes())
	w.bare = false
	w.close()
	w.out.WriteByte('\n')
}

func (w *writer) theCase(m *cmmn.Model) {
	w.open("cmmn:case", "id", w.declare(otherKind, "the case", m.ID), "name", m.Name)
	if len(m.File) > 0 {
		w.open("cmmn:caseFileModel")
		for _, item := range m.File {
			w.empty("cmmn:caseFileItem", "id", w.declare(fileItemKind, "a case file item", item.ID), "name", item.Name)
		}
		w.close()
	}
	w.definition("cmmn:casePlanModel", m.Plan)
	w.close()
}
