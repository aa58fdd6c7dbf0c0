package roadmap

import "time"

// Roadmap is the whole roadmap, in the order in which it is walked.
type Roadmap struct {
	Name    string   `json:"name"`
	Choices []Choice `json:"choices"`
	Stages  []Stage  `json:"stages"`
	Todo    []Todo   `json:"todo,omitempty"`

	index index
}

// Stage is a phase.
type Stage struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Goal        string       `json:"goal"`
	Entry       []Criterion  `json:"entry,omitempty"` // all must hold before the stage opens
	Tasks       []Task       `json:"tasks"`
	Milestones  []Milestone  `json:"milestones,omitempty"` // of its tasks, in their order
	Checkpoints []Checkpoint `json:"checkpoints,omitempty"`
	Challenges  []Challenge  `json:"challenges,omitempty"`
	Exit        []Criterion  `json:"exit,omitempty"` // all but optional ones must hold before the stage is done
}

// Kind says who does a task.
type Kind string

// The kinds of tasks.
const (
	Human   Kind = "human"   // a person
	Process Kind = "process" // Cairn
)

// Task is work in a stage. It is done when all of its checkpoints hold.
type Task struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Text          string `json:"text,omitempty"` // what it is about, if the steps do not say
	Kind          Kind   `json:"kind"`
	Discretionary bool   `json:"discretionary,omitempty"` // left out unless the owner plans it
	Recommended   bool   `json:"recommended,omitempty"`   // discretionary, but better planned
	Available     bool   `json:"available"`               // whether this version of Cairn can see it through; computed
	Ours          bool   `json:"ours,omitempty"`          // Cairn's own addition

	Steps       []string `json:"steps,omitempty"`
	Cairn       string   `json:"cairn,omitempty"`   // what Cairn does; empty if not available
	After       []string `json:"after,omitempty"`   // ids of the milestones and tasks that it waits for
	Needs       []string `json:"needs,omitempty"`   // what must exist although no task provides it, in words
	Choices     []string `json:"choices,omitempty"` // ids of the choices it leaves
	When        *When    `json:"when,omitempty"`    // where it applies; nil means everywhere
	Estimate    Estimate `json:"estimate"`
	Repeats     string   `json:"repeats,omitempty"` // how often it is done again: an ISO 8601 duration in days such as P30D
	Checkpoints []string `json:"checkpoints,omitempty"`
	Milestone   string   `json:"milestone,omitempty"` // the id of what is reached when it is done
}

// When limits a task to labs with certain answers to a choice.
type When struct {
	Choice  string   `json:"choice"`
	Options []string `json:"options"`
}

// Milestone is reached when its task's checkpoints hold.
type Milestone struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Task        string   `json:"task"`
	Checkpoints []string `json:"checkpoints"`
	Ours        bool     `json:"ours,omitempty"`
}

// Checkpoint is a verification by one or more looks.
type Checkpoint struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Text      string     `json:"text"`             // what proves it
	Available bool       `json:"available"`        // whether this version of Cairn can look; it has probes
	Probes    []ProbeUse `json:"probes,omitempty"` // all of them must prove it
	Ours      bool       `json:"ours,omitempty"`
}

// ProbeUse is one look at each subject of a kind: which probe, from which kind
// of vantage, and how long its evidence counts.
type ProbeUse struct {
	Probe string        `json:"probe"`
	From  string        `json:"from"`            // controller, host or second-host
	About string        `json:"about,omitempty"` // the kind of the subject; empty: each host
	Fresh time.Duration `json:"fresh_ns"`
}

// Challenge is a known way for tasks to go wrong.
type Challenge struct {
	ID     string   `json:"id"`
	Text   string   `json:"text"`
	Probes []string `json:"probes,omitempty"` // that tell whether it is so, as far as this version has them
	Remedy string   `json:"remedy"`
	Tasks  []string `json:"tasks"`
}

// Criterion is one condition for a stage to open or to be done. Exactly one of
// ProvenBy, Every and Attested says what makes it true.
type Criterion struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Optional bool     `json:"optional,omitempty"`  // shown, but not waited for
	ProvenBy []string `json:"proven_by,omitempty"` // milestones reached, checkpoints proven, stages done: all of them
	Every    Every    `json:"every,omitempty"`     // all of that kind in the stage, those of planned tasks included
	Attested bool     `json:"attested,omitempty"`  // only the owner can tell
	Ours     bool     `json:"ours,omitempty"`
}

// Every names a kind of thing that a criterion asks all of.
type Every string

// What a criterion can ask all of.
const (
	EveryCheckpoint Every = "checkpoints"
	EveryMilestone  Every = "milestones"
)

// Choice is a question that the roadmap leaves to the owner. If the lab file
// answers it, its first option is the default.
type Choice struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Lab     bool     `json:"lab,omitempty"`  // the lab file answers it
	Many    bool     `json:"many,omitempty"` // several options can be chosen
	Options []Option `json:"options"`
}

// Option is one answer to a choice.
type Option struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Note string `json:"note,omitempty"`
	Ours bool   `json:"ours,omitempty"`
}

// Todo is an entry of the to-do list: work on one component of the repository
// for which the roadmap was written. It is for people who work on such code,
// not for the owner of a lab. So it is in the documentation and not in the
// case.
type Todo struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Stage     string   `json:"stage"` // the id of the stage that it belongs to
	Task      string   `json:"task"`  // the id of the roadmap's task that brought the component
	Component string   `json:"component"`
	Topic     Topic    `json:"topic"`
	Priority  Priority `json:"priority"`
	Text      string   `json:"text"`
	File      string   `json:"file"`
	Lines     string   `json:"lines"`             // where in the file, in words
	Settled   string   `json:"settled,omitempty"` // where it is settled; empty leaves it to the checkpoints of Task
}

// WhereTodo says where the to-do list is.
const WhereTodo = "It is not a task of your lab; the whole list is in docs/implementation-roadmap.md."

// Topic is what an entry of the to-do list improves.
type Topic string

// The topics, in the list's order.
const (
	Refactoring   Topic = "refactoring"
	Completeness  Topic = "completeness"
	Dependencies  Topic = "dependencies"
	Integrity     Topic = "integrity"
	Correctness   Topic = "correctness"
	Documentation Topic = "documentation"
)

// Priority says how soon an entry of the to-do list should be done.
type Priority string

// The priorities, the most urgent first.
const (
	High   Priority = "high"
	Medium Priority = "medium"
	Low    Priority = "low"
)
