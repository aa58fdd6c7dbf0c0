package roadmap

import (
	"slices"
	"strings"

	"cairn/internal/document"
)

// builder makes the types from the file's records. What depends on other parts
// it notes, for the rules to check afterwards.
type builder struct {
	faults     document.Faults
	names      []name
	references []reference
	lookWith   []string // those that checkpoints look with
	diagnoses  []value  // probes that challenges name
}

// idKind is the kind of thing that an id names.
type idKind string

const (
	aStage      idKind = "a stage"
	aTask       idKind = "a task"
	aMilestone  idKind = "a milestone"
	aCheckpoint idKind = "a checkpoint"
	aChallenge  idKind = "a challenge"
	aCriterion  idKind = "a criterion"
	aChoice     idKind = "a choice"
	anEntry     idKind = "an entry of the to-do list"
)

// name is an id that the file gives to something.
type name struct {
	value
	what  idKind
	stage string // its prefix; empty for stages, choices and entries of the to-do list
}

// reference is an id that the file uses.
type reference struct {
	value
	kinds []idKind
}

// places maps the ids in the file to the places where their things begin.
func (b *builder) places() map[string]document.Place {
	places := make(map[string]document.Place, len(b.names))
	for _, n := range b.names {
		places[n.text] = n.place
	}
	return places
}

// id reads the id that a record gives to a thing.
func (b *builder) id(r *record, w idKind, stage string) string {
	v := r.must("id")
	b.names = append(b.names, name{v, w, stage})
	return v.text
}

// refer reads ids of other things.
func (b *builder) refer(values []value, kinds ...idKind) []string {
	var ids []string
	for _, v := range values {
		b.references = append(b.references, reference{v, kinds})
		ids = append(ids, v.text)
	}
	return ids
}

// word reads one of some words.
func (b *builder) word(v value, words ...string) string {
	if v.text != "" && !slices.Contains(words, v.text) {
		b.faults = append(b.faults, unknown(v, "is not one of the words allowed here", words))
	}
	return v.text
}

func (b *builder) roadmap(r *record) *Roadmap {
	made := &Roadmap{Name: r.must("roadmap").text}
	for _, c := range r.records("choices", string(aChoice)) {
		made.Choices = append(made.Choices, b.choice(c))
	}
	stages := r.records("stages", string(aStage))
	if len(stages) == 0 {
		b.faults = append(b.faults, r.place.Fault("the roadmap has no stages"))
	}
	for _, s := range stages {
		made.Stages = append(made.Stages, b.stage(s))
	}
	for _, t := range r.records("todo", string(anEntry)) {
		made.Todo = append(made.Todo, b.todo(t))
	}
	r.end()
	return made
}

func (b *builder) choice(r *record) Choice {
	c := Choice{ID: b.id(r, aChoice, ""), Name: r.must("name").text, Lab: r.yes("lab"), Many: r.yes("many")}
	for _, o := range r.records("options", "an option") {
		id := o.must("id")
		if slices.ContainsFunc(c.Options, func(other Option) bool { return other.ID == id.text }) {
			b.faults = append(b.faults, id.place.Fault("the choice lists the option %s twice", document.Quoted(id.text)))
		}
		c.Options = append(c.Options, Option{ID: id.text, Name: o.must("name").text, Note: o.maybe("note").text, Ours: o.yes("ours")})
		o.end()
	}
	if len(c.Options) == 0 {
		b.faults = append(b.faults, r.place.Fault("the choice %s has no options", document.Quoted(c.ID)))
	}
	r.end()
	return c
}

func (b *builder) stage(r *record) Stage {
	s := Stage{ID: b.id(r, aStage, ""), Name: r.must("name").text, Goal: r.must("goal").text}
	s.Entry = b.criteria(r.records("entry", string(aCriterion)), s.ID)
	for _, t := range r.records("tasks", string(aTask)) {
		b.task(t, &s)
	}
	for _, c := range r.records("checkpoints", string(aCheckpoint)) {
		s.Checkpoints = append(s.Checkpoints, b.checkpoint(c, s.ID))
	}
	for _, c := range r.records("challenges", string(aChallenge)) {
		s.Challenges = append(s.Challenges, b.challenge(c, s.ID))
	}
	s.Exit = b.criteria(r.records("exit", string(aCriterion)), s.ID)
	r.end()
	return s
}

func (b *builder) todo(r *record) Todo {
	t := Todo{
		ID: b.id(r, anEntry, ""), Name: r.must("name").text, Component: r.must("component").text,
		Topic:    Topic(b.word(r.must("topic"), topicWords()...)),
		Priority: Priority(b.word(r.must("priority"), string(High), string(Medium), string(Low))),
		Task:     b.refer([]value{r.must("task")}, aTask)[0],
		Text:     r.must("text").text, File: r.must("file").text, Lines: r.must("lines").text, Settled: r.maybe("settled").text,
	}
	t.Stage, _, _ = strings.Cut(t.ID, ".")
	r.end()
	return t
}

// topics are the topics of the to-do list, in its order.
var topics = []Topic{Refactoring, Completeness, Dependencies, Integrity, Correctness, Documentation}

func topicWords() []string {
	var words []string
	for _, t := range topics {
		words = append(words, string(t))
	}
	return words
}

func texts(values []value) []string {
	var all []string
	for _, v := range values {
		all = append(all, v.text)
	}
	return all
}
