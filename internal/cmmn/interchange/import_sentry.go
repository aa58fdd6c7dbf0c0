package interchange

import (
	"fmt"
	"strings"

	"cairn/internal/cmmn"
	"cairn/internal/problem"
)

func (r *reader) sentry(e *element) *cmmn.Sentry {
	s := &cmmn.Sentry{ID: r.id(e), Name: e.attribute("name"), Memoryless: e.attributeIn(flowableSpace, "triggerMode") == "onEvent"}
	r.register.declare(sentryKind, s.ID)
	for _, extension := range e.extensions() {
		switch extension.name {
		case "memoryless":
			s.Memoryless = true
		case "retroactive":
			s.Retroactive = true
		default:
			r.newer(extension)
		}
	}
	for _, part := range e.all("planItemOnPart", "caseFileItemOnPart") {
		s.On = append(s.On, r.onPart(part))
	}
	if part := e.child("ifPart"); part != nil {
		s.If = r.condition(part)
	}
	if len(s.On) == 0 && s.If == nil {
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s waits for nothing: give it an on-part or a condition that Cairn knows", e))
	}
	r.sentries = append(r.sentries, s)
	return s
}

// onPart reads an on-part, or the start trigger of a timer.
func (r *reader) onPart(e *element) cmmn.OnPart {
	on := cmmn.OnPart{
		ID: r.id(e), Name: e.attribute("name"), Source: e.attribute("sourceRef"), ExitCriterion: e.attribute("exitCriterionRef"),
	}
	r.register.declare(partKind, on.ID)
	if on.ExitCriterion != "" {
		r.refer(e, exitKind, on.ExitCriterion)
	}
	if ofFile := strings.HasPrefix(e.name, "caseFileItem"); ofFile {
		r.refer(e, fileItemKind, on.Source)
		on.FileEvent = r.fileEvent(e)
		return on
	}
	if on.Source != "" || on.ExitCriterion == "" {
		r.refer(e, itemKind, on.Source)
	}
	on.Event = r.event(e, on.ExitCriterion != "")
	return on
}

// event reads the event of a plan item. An on-part that names an exit criterion
// waits for an exit, even if it does not say so.
func (r *reader) event(e *element, byExit bool) cmmn.Transition {
	name := standardEvent(e)
	if name == "" && byExit {
		return cmmn.Exit
	}
	var event cmmn.Transition
	if event.UnmarshalText([]byte(name)) != nil || !event.IsEvent() {
		r.fail(problem.ModelInvalid, e, fmt.Sprintf("%s waits for %q, which is not an event of a plan item in CMMN 1.1", e, name))
	}
	return event
}

func (r *reader) fileEvent(e *element) cmmn.FileTransition {
	name := standardEvent(e)
	var event cmmn.FileTransition
	if event.UnmarshalText([]byte(name)) != nil {
		r.fail(problem.ModelUnsupported, e, fmt.Sprintf("%s waits for %q; for a case file item Cairn knows create, update, replace and delete", e, name))
	}
	return event
}

func standardEvent(e *element) string {
	if event := e.child("standardEvent"); event != nil {
		return event.trimmed()
	}
	return ""
}
