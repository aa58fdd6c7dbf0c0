// Package interchange reads and writes case models as CMMN 1.1 XML (OMG
// formal/2016-12-01), so that they open in other tools, and those of other tools
// here. It does no I/O but to the writer it is given, and keeps no state: its
// functions may be called by several goroutines at once.
//
// # What is read
//
// [Import] refuses what a [cmmn.Model] cannot keep, and skips what changes nothing
// in a run: roles, parameters, implementations of tasks, file item definitions,
// diagrams, and everything of other tools' namespaces, except for Flowable's
// sentryRef, triggerMode and maxInstanceCount. Definitions that no item uses are
// left out. Elements without an id that a model needs get one.
//
// Version 1.0 of the notation is refused: it has criteria and rules of another
// form. A file without any namespace is read as 1.1, since cafienne writes such
// files. A file with several cases is refused, since a model is one case.
//
// # Rules
//
// A rule element without a condition is true, and so is the condition "true". A
// rule that is absent has the value that [cmmn.Control] gives it, and so has one
// with the condition "false". Tools differ over an absent manual activation rule
// (the specification's Table 5.51 says true, Camunda and Flowable take it for
// false), so [Export] always writes it.
package interchange

import "cairn/internal/cmmn"

// The namespaces of CMMN 1.1, and those of extensions.
const (
	modelSpace   = "http://www.omg.org/spec/CMMN/20151109/MODEL"
	diagramSpace = "http://www.omg.org/spec/CMMN/20151109/CMMNDI"
	dcSpace      = "http://www.omg.org/spec/CMMN/20151109/DC"
	diSpace      = "http://www.omg.org/spec/CMMN/20151109/DI"

	modelSpace10  = "http://www.omg.org/spec/CMMN/20131201/MODEL"
	flowableSpace = "http://flowable.org/cmmn"
	// cairnSpace is that of what a model has beyond CMMN. Another meaning gets
	// another number.
	cairnSpace = "https://cairn.dev/cmmn/1"
)

// Limits of a file. They are far above any model that people can read, and keep
// hostile files from costing more than a moment.
const (
	maxBytes    = 10 << 20
	maxElements = 100_000
	// maxDepth is how deep elements nest, and stages.
	maxDepth = 64
)

// kinds are the elements that define plan items.
var kinds = map[string]cmmn.Kind{
	"stage": cmmn.Stage, "task": cmmn.Task, "humanTask": cmmn.HumanTask, "processTask": cmmn.ProcessTask, "caseTask": cmmn.CaseTask,
	"decisionTask": cmmn.DecisionTask, "milestone": cmmn.Milestone, "eventListener": cmmn.EventListener, "userEventListener": cmmn.UserEvent,
	"timerEventListener": cmmn.TimerEvent,
}
