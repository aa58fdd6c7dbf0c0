package interchange

import (
	"fmt"
	"strconv"
	"strings"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

// control reads the rules of an item or of a definition.
func (r *reader) control(e *element) *cmmn.Control {
	if e == nil {
		return nil
	}
	return &cmmn.Control{
		Required:         r.rule(e.child("requiredRule")),
		ManualActivation: r.rule(e.child("manualActivationRule")),
		Repetition:       r.rule(e.child("repetitionRule")),
		MaxInstances:     r.maxInstances(e),
	}
}

// rule reads one rule; one that is never true is none.
func (r *reader) rule(e *element) *cmmn.Expression {
	if e == nil {
		return nil
	}
	if condition := r.condition(e); condition.Language != "" || condition.Text != never {
		return condition
	}
	return nil
}

// maxInstances reads the ceiling from Cairn's extension or from Flowable's.
func (r *reader) maxInstances(e *element) int {
	text := ""
	if rule := e.child("repetitionRule"); rule != nil {
		text = rule.attributeIn(flowableSpace, "maxInstanceCount")
	}
	for _, extension := range e.extensions() {
		if extension.name == "maxInstances" {
			text = extension.trimmed()
		} else {
			r.newer(extension)
		}
	}
	if text == "" || text == "unlimited" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s has the ceiling of instances %q, which is no number", e, text))
	}
	return n
}

// Conditions in CEL that are the same whatever the values.
const (
	always = "true"
	never  = "false"
)

// condition reads the condition of a rule or an if-part. One that is absent,
// empty or always true has no text.
func (r *reader) condition(parent *element) *cmmn.Expression {
	e := parent.child("condition")
	if e == nil {
		return &cmmn.Expression{}
	}
	read := &cmmn.Expression{ID: e.attribute("id"), Text: expressionText(e)}
	language := e.attribute("language")
	if language == "" {
		language = r.language
	}
	switch strings.ToLower(language) {
	case cmmn.CEL:
	case "", "juel", "none":
		read.Text = unwrapped(read.Text)
	default:
		read.Language = language
	}
	if read.Language == "" && read.Text == always {
		read.Text = ""
	}
	return read
}

// expressionText is the text of an expression, which cafienne puts into a body as
// CMMN 1.0 did.
func expressionText(e *element) string {
	if body := e.child("body"); body != nil {
		return body.trimmed()
	}
	return e.trimmed()
}

// unwrapped takes off the ${...} or #{...} round a whole condition, as JUEL has it
// (Camunda, Flowable).
func unwrapped(text string) string {
	for _, opening := range []string{"${", "#{"} {
		inside, opened := strings.CutPrefix(text, opening)
		inside, closed := strings.CutSuffix(inside, "}")
		if opened && closed && !strings.Contains(inside, "${") && !strings.Contains(inside, "#{") {
			return strings.TrimSpace(inside)
		}
	}
	return text
}
