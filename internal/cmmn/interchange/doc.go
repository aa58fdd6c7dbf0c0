// Package interchange reads and writes case models as CMMN 1.1 XML (OMG
// formal/2016-12-01). Models of Cairn open in other tools, and theirs open
// here. The package does no I/O except to the writer it is given, and keeps no
// state. Several goroutines may call its functions at the same time.
//
// # What is read
//
// [Import] refuses what a [cmmn.Model] cannot hold, and skips what does not
// affect a run: roles, parameters, implementations of tasks, file item
// definitions, diagrams, and everything in other tools' namespaces. Of those it
// reads Flowable's sentryRef, triggerMode and maxInstanceCount. Definitions
// that no item uses are left out. Elements that need an id and have none get
// one.
//
// Version 1.0 of the notation is refused, because its criteria and rules have
// another form. A file without any namespace is read as 1.1, because cafienne
// writes such files. A file with several cases is refused, because a model is
// one case.
//
// # Rules
//
// A rule element without a condition is true, and so is the condition "true".
// An absent rule, and one with the condition "false", has the value that
// [cmmn.Control] gives it. Tools disagree about an absent manual activation
// rule: the specification's Table 5.51 says true, Camunda and Flowable read it
// as false. So [Export] always writes it.
package interchange

import "cairn/internal/cmmn"

// The namespaces of CMMN 1.1 and of extensions.
const (
	modelSpace   = "http://www.omg.org/spec/CMMN/20151109/MODEL"
	diagramSpace = "http://www.omg.org/spec/CMMN/20151109/CMMNDI"
	dcSpace      = "http://www.omg.org/spec/CMMN/20151109/DC"
	diSpace      = "http://www.omg.org/spec/CMMN/20151109/DI"

	modelSpace10  = "http://www.omg.org/spec/CMMN/20131201/MODEL"
	flowableSpace = "http://flowable.org/cmmn"
	// cairnSpace is the namespace for what a model has beyond CMMN. If its meaning
	// changes, it gets a new number.
	cairnSpace = "https://cairn.dev/cmmn/1"
)

// Limits of a file. They are far above any model that people can read. They
// keep a hostile file from costing more than a moment.
const (
	maxBytes    = 10 << 20
	maxElements = 100_000
	// maxDepth is how deep elements may nest, and stages.
	maxDepth = 64
)

// kinds maps the elements that define plan items to their kinds.
var kinds = map[string]cmmn.Kind{
	"stage": cmmn.Stage, "task": cmmn.Task, "humanTask": cmmn.HumanTask, "processTask": cmmn.ProcessTask, "caseTask": cmmn.CaseTask,
	"decisionTask": cmmn.DecisionTask, "milestone": cmmn.Milestone, "eventListener": cmmn.EventListener, "userEventListener": cmmn.UserEvent,
	"timerEventListener": cmmn.TimerEvent,
}
