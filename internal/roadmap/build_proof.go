package roadmap

import (
	"time"

	"cairn/internal/document"
)

func (b *builder) checkpoint(r *record, stage string) Checkpoint {
	c := Checkpoint{ID: b.id(r, aCheckpoint, stage), Name: r.must("name").text, Text: r.must("text").text, Ours: r.yes("ours")}
	for _, p := range r.records("probes", "a look") {
		c.Probes = append(c.Probes, b.probes(p)...)
	}
	c.Available = len(c.Probes) > 0
	r.end()
	return c
}

// vantages are the kinds of places that a probe can look from.
var vantages = []string{"controller", "host", "second-host"}

// subjects are the kinds of things, besides hosts, that a probe can look at.
var subjects = []string{"platform", "service", "route", "certificate", "resolver", "backup-set", "queue"}

// probes reads the looks from one vantage.
func (b *builder) probes(r *record) []ProbeUse {
	from, about := b.word(r.must("from"), vantages...), b.word(r.maybe("about"), subjects...)
	fresh, looks := r.must("fresh"), r.texts("look")
	r.end()
	window, err := time.ParseDuration(fresh.text)
	if fresh.text != "" && (err != nil || window <= 0) {
		f := fresh.place.Fault("%s is not a valid time for evidence to count", document.Quoted(fresh.text))
		f.Expected = "a time such as 24h or 30m"
		b.faults = append(b.faults, f)
	}
	if len(looks) == 0 {
		b.faults = append(b.faults, r.place.Fault("there is no probe"))
	}
	var uses []ProbeUse
	for _, l := range looks {
		b.lookWith = append(b.lookWith, l.text)
		uses = append(uses, ProbeUse{Probe: l.text, From: from, About: about, Fresh: window})
	}
	return uses
}

func (b *builder) challenge(r *record, stage string) Challenge {
	looks := r.texts("look")
	b.diagnoses = append(b.diagnoses, looks...)
	c := Challenge{
		ID: b.id(r, aChallenge, stage), Text: r.must("text").text,
		Probes: texts(looks), Remedy: r.must("remedy").text, Tasks: b.refer(r.texts("tasks"), aTask),
	}
	if len(c.Tasks) == 0 {
		b.faults = append(b.faults, r.place.Fault("the challenge %s concerns no task", document.Quoted(c.ID)))
	}
	r.end()
	return c
}

func (b *builder) criteria(records []*record, stage string) []Criterion {
	var all []Criterion
	for _, r := range records {
		all = append(all, b.criterion(r, stage))
	}
	return all
}

func (b *builder) criterion(r *record, stage string) Criterion {
	c := Criterion{
		ID: b.id(r, aCriterion, stage), Text: r.must("text").text, Optional: r.yes("optional"), Ours: r.yes("ours"),
		ProvenBy: b.refer(r.texts("proven-by"), aMilestone, aCheckpoint, aStage),
		Every:    Every(b.word(r.maybe("every"), string(EveryCheckpoint), string(EveryMilestone))),
		Attested: r.yes("attested"),
	}
	ways := 0
	for _, given := range []bool{len(c.ProvenBy) > 0, c.Every != "", c.Attested} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		f := r.place.Fault("%d keys say what makes the criterion %s true", ways, document.Quoted(c.ID))
		f.Expected = "exactly one of proven-by, every and attested"
		b.faults = append(b.faults, f)
	}
	r.end()
	return c
}
