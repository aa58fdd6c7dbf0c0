package roadmap

import (
	"regexp"
	"slices"
	"strings"

	"cairn/internal/document"
	"cairn/internal/spelling"
)

var (
	plainID  = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	stagedID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}\.[a-z][a-z0-9-]{0,62}$`)
)

// checkNames checks that ids have the right form and are used once.
func checkNames(names []name) document.Faults {
	var faults document.Faults
	var stages []string
	for _, n := range names {
		if n.what == aStage && n.text != "" {
			stages = append(stages, n.text)
		}
	}
	first := map[string]name{}
	for _, n := range names {
		if n.text == "" {
			continue // reported where it was read
		}
		if f, wrong := misformed(n, stages); wrong {
			faults = append(faults, f)
		}
		other, taken := first[scope(n)]
		switch {
		case !taken:
			first[scope(n)] = n
		case other.text == n.text:
			faults = append(faults, n.place.Fault("the id %s is a duplicate, first used in line %d", document.Quoted(n.text), other.place.Line))
		default:
			faults = append(faults, n.place.Fault("in conditions the id %s would look like %s in line %d",
				document.Quoted(n.text), document.Quoted(other.text), other.place.Line))
		}
	}
	return faults
}

// scope is what two names must not share. Choices have their own space, because
// they are never part of a condition.
func scope(n name) string {
	if n.what == aChoice {
		return string(aChoice) + n.text
	}
	return ValueName(n.text)
}

// misformed says what is wrong with an id by itself.
func misformed(n name, stages []string) (document.Fault, bool) {
	f := n.place.Fault("%s is not a valid id for %s", document.Quoted(n.text), n.what)
	if n.what == aStage || n.what == aChoice {
		f.Expected = "lower-case letters, digits and hyphens"
		return f, !plainID.MatchString(n.text)
	}
	stage, rest, _ := strings.Cut(n.text, ".")
	f.Expected = "the stage, a dot, and lower-case letters, digits and hyphens"
	switch {
	case !stagedID.MatchString(n.text):
		return f, true
	case n.stage != "":
		f.Expected, f.Suggestion = "an id that begins with its stage's", n.stage+"."+rest
		return f, stage != n.stage
	}
	f.Expected = "an id that begins with a stage's"
	f.Suggestion = spelling.Nearest(stage, stages)
	return f, len(stages) > 0 && !slices.Contains(stages, stage)
}

// checkReferences checks that every id in use names a thing of an allowed kind.
func checkReferences(b *builder) document.Faults {
	kinds := map[string]idKind{}
	for _, n := range b.names {
		kinds[n.text] = n.what
	}
	var faults document.Faults
	for _, r := range b.references {
		kind, known := kinds[r.text]
		switch {
		case r.text == "" || slices.Contains(r.kinds, kind):
		case known:
			f := r.place.Fault("%s is %s", document.Quoted(r.text), kind)
			f.Expected = alternatives(r.kinds)
			faults = append(faults, f)
		default:
			faults = append(faults, unknown(r.value, "names nothing in this roadmap", b.namesOf(r.kinds)))
		}
	}
	return faults
}

// checkProbes looks whether every probe that a challenge names is one that a
// checkpoint looks with: no other has a vantage, nor a place in the evidence.
func checkProbes(b *builder) document.Faults {
	var faults document.Faults
	for _, v := range b.diagnoses {
		if v.text != "" && !slices.Contains(b.lookWith, v.text) {
			faults = append(faults, unknown(v, "is no probe that a checkpoint of this roadmap looks with", once(b.lookWith)))
		}
	}
	return faults
}

func once(words []string) []string {
	words = slices.Sorted(slices.Values(words))
	return slices.Compact(words)
}

// namesOf returns all ids of some kinds of things.
func (b *builder) namesOf(kinds []idKind) []string {
	var ids []string
	for _, n := range b.names {
		if slices.Contains(kinds, n.what) {
			ids = append(ids, n.text)
		}
	}
	return ids
}

func alternatives(kinds []idKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, " or ")
}

// unknown returns a fault for a word that is not among the known ones.
func unknown(v value, message string, known []string) document.Fault {
	f := v.place.Fault("%s %s", document.Quoted(v.text), message)
	f.Suggestion = spelling.Nearest(v.text, known)
	if len(known) <= 8 {
		f.Expected = "one of " + strings.Join(known, ", ")
	}
	return f
}
