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

// rule reads one rule. A rule that is never true counts as absent.
func (r *reader) rule(e *element) *cmmn.Expression {
	if e == nil {
		return nil
	}
	if condition := r.condition(e); condition.Language != "" || condition.Text != never {
		return condition
	}
	return nil
}

// maxInstances reads the limit from Cairn's extension or from Flowable's.
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
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s limits its instances to %q, which is not a number", e, text))
	}
	return n
}

// CEL conditions that do not depend on values.
const (
	always = "true"
	never  = "false"
)

// condition reads the condition of a rule or an if-part. An absent, empty or
// always true condition has no text.
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

// expressionText returns the text of an expression. cafienne puts it into a
// body, as CMMN 1.0 did.
func expressionText(e *element) string {
	if body := e.child("body"); body != nil {
		return body.trimmed()
	}
	return e.trimmed()
}

// unwrapped removes ${...} or #{...} around a whole condition. That is JUEL's
// form, in Camunda and Flowable.
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
