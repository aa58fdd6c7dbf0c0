package interchange

import (
	"bytes"
	"fmt"
	"io"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/diagram"
)

// formatVersion counts changes in what Export writes. Files carry it instead of
// the program's version, so that all builds write the same bytes.
const formatVersion = "1"

// Export writes a model as CMMN 1.1 XML, with the diagram d. Without a diagram
// other tools open the file but show nothing. The same model and diagram give
// the same bytes.
//
// If the format cannot hold something, Export writes nothing and returns a
// problem with the code ModelExport. Any other error is from out.
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

// document writes the root element. Its content is written first, because only
// then are the free ids known.
func (w *writer) document(m *cmmn.Model, d *diagram.Plan) {
	const root = "cmmn:definitions"
	w.survey = newSurvey(m)
	if w.survey.fault != "" {
		w.fail("%s", w.survey.fault)
		return
	}
	w.placement = place(w.survey)
	w.around = []string{root}
	w.caseElement(m)
	w.diagram(m, d)
	inside := w.out
	w.out, w.around = bytes.Buffer{}, nil
	w.out.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	w.open(root,
		"xmlns:cmmn", modelSpace, "xmlns:cmmndi", diagramSpace, "xmlns:dc", dcSpace, "xmlns:di", diSpace, "xmlns:cairn", cairnSpace,
		"id", w.free("definitions"), "targetNamespace", cairnSpace, "expressionLanguage", cmmn.CEL,
		"exporter", "Cairn", "exporterVersion", formatVersion)
	w.out.WriteByte('>')
	w.out.Write(inside.Bytes())
	w.bare = false
	w.close()
	w.out.WriteByte('\n')
}

func (w *writer) caseElement(m *cmmn.Model) {
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
