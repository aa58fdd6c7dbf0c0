package cmmn_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/cmmn"
	"cairn/internal/cmmn/condition"
)

// TestStories runs the stories in testdata/stories. A file holds several:
//
//	## TITLE [RULE] [RULE]...
//	# remarks
//	the model, in the notation of notation_test.go
//	---
//	> TRANSITION ITEM[#INDEX] [force]   also: set NAME=JSON..., advance ISO8601,
//	                                    plan ITEM [in STAGE], unplan ITEM
//	!> the same, but refused; the next line, ": TEXT", is a part of the reason
//	= ITEM[#INDEX] STATE, ...           what has to be so now; none: no instance
//	== ITEM STATE, ...                  the same, and there is nothing else
//	? ITEM: TEXT                        a part of what Explain says
//	| MODEL LINE                        of another model
//	@ adopt                             the journal is replayed with the other
//	                                    model, and the case adopts it
//	~ TEXT                              the model is refused; a part of the reason
//
// After each step the journal is replayed, and the invariants of a case are
// checked.
func TestStories(t *testing.T) {
	for _, s := range stories(t) {
		t.Run(strings.ReplaceAll(s.title, " ", "_"), func(t *testing.T) { s.run(t) })
	}
}

// story is one case and what happens in it.
type story struct {
	title string
	rules []string
	model string
	steps []string
	file  string
}

// stories reads all files.
func stories(t *testing.T) []story {
	t.Helper()
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	var all []story
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(text), "\n## ")[1:] {
			all = append(all, readStory(part, filepath.Base(file)))
		}
	}
	return all
}

func readStory(text, file string) story {
	head, body, _ := strings.Cut(text, "\n")
	s := story{file: file}
	title, rules, _ := strings.Cut(head, " [")
	s.title = strings.TrimSpace(title)
	if rules != "" {
		s.rules = strings.Split(strings.TrimSuffix(rules, "]"), "] [")
	}
	model, steps, _ := strings.Cut(body, "\n---\n")
	for _, line := range strings.Split(model, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			s.model += line + "\n"
		}
	}
	for _, line := range strings.Split(steps, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			s.steps = append(s.steps, line)
		}
	}
	return s
}

// teller is a story in progress.
type teller struct {
	t       *testing.T
	c       *cmmn.Case
	program *cmmn.Program
	turns   []cmmn.Turn
	refused error
	other   strings.Builder // a model to adopt
}

func compile(t testing.TB, m *cmmn.Model) *cmmn.Program {
	t.Helper()
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	p, err := cmmn.Compile(m, conditions)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func parsed(t testing.TB, model string) *cmmn.Model {
	t.Helper()
	m, err := parseModel(model)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// begin starts the case of a model in the notation.
func begin(t *testing.T, model string) *teller {
	t.Helper()
	g := &teller{t: t, program: compile(t, parsed(t, model))}
	c, turn, err := g.program.Start(cmmn.Author{At: epoch})
	var spin *cmmn.SpinError
	if err != nil && !errors.As(err, &spin) {
		t.Fatal(err)
	}
	g.c, g.turns, g.refused = c, []cmmn.Turn{turn}, err
	return g
}

func (s story) run(t *testing.T) {
	if reason, refused := strings.CutPrefix(s.steps[0], "~ "); refused {
		s.checkRefused(t, reason)
		return
	}
	g := begin(t, s.model)
	for _, step := range s.steps {
		g.step(step)
		if t.Failed() {
			t.Fatalf("at: %s\n%s", step, dump(g.c))
		}
	}
}

// checkRefused checks that the model does not compile.
func (s story) checkRefused(t *testing.T, reason string) {
	conditions, err := condition.New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmmn.Compile(parsed(t, s.model), conditions); err == nil || !strings.Contains(err.Error(), reason) {
		t.Errorf("refused with %v, want %q", err, reason)
	}
}

func (g *teller) step(line string) {
	g.t.Helper()
	mark, rest, _ := strings.Cut(line, " ")
	switch mark {
	case ">":
		if err := g.do(rest); err != nil {
			g.t.Fatalf("%s: %v", line, err)
		}
	case "!>":
		before := dump(g.c)
		if g.refused = g.do(rest); g.refused == nil {
			g.t.Fatalf("%s: it was not refused", line)
		}
		var spin *cmmn.SpinError
		if diff := cmp.Diff(before, dump(g.c)); diff != "" && !errors.As(g.refused, &spin) {
			g.t.Errorf("a refused command changed something:\n%s", diff)
		}
	case ":":
		if g.refused == nil || !strings.Contains(g.refused.Error(), rest) {
			g.t.Errorf("the reason is %v", g.refused)
		}
	case "=":
		g.expect(rest)
	case "==":
		g.expect(rest)
		if n, want := len(g.c.Items()), len(strings.Split(rest, ",")); n != want {
			g.t.Errorf("there are %d instances, want %d", n, want)
		}
	case "?":
		g.explain(rest)
	case "|":
		fmt.Fprintln(&g.other, rest)
	case "@":
		g.adopt()
	default:
		g.t.Fatalf("no step %q", line)
	}
}

func (g *teller) do(text string) error {
	command, err := g.command(text)
	if err != nil {
		return err
	}
	turn, err := g.c.Execute(command, cmmn.Author{})
	if len(turn.Effects) > 0 {
		g.turns = append(g.turns, turn)
	}
	checkInvariants(g.t, g.c)
	checkReplay(g.t, g.program, g.c, g.turns)
	return err
}

// adopt replays the journal with the other model. A second Adopt must have
// nothing left to do.
func (g *teller) adopt() {
	g.t.Helper()
	g.program = compile(g.t, parsed(g.t, g.other.String()))
	g.other.Reset()
	var err error
	if g.c, err = g.program.Replay(g.turns); err != nil {
		g.t.Fatal(err)
	}
	for range 2 {
		turn, err := g.c.Execute(cmmn.Adopt{}, cmmn.Author{})
		if err != nil {
			g.t.Fatal(err)
		}
		g.turns = append(g.turns, turn)
	}
	if again := g.turns[len(g.turns)-1]; len(again.Effects) > 0 {
		g.t.Errorf("adopting twice changes something: %v", again.Effects)
	}
	checkReplay(g.t, g.program, g.c, g.turns)
}

func (g *teller) command(text string) (cmmn.Command, error) {
	words := strings.Fields(text)
	switch words[0] {
	case "set":
		set := cmmn.Set{Values: map[string]json.RawMessage{}}
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			set.Values[name] = json.RawMessage(value)
		}
		return set, nil
	case "advance":
		span, err := cmmn.ParseSpan(words[1])
		if err != nil {
			return nil, err
		}
		return cmmn.Advance{To: span.After(g.c.Now())}, nil
	case "plan", "unplan":
		in := ""
		if len(words) == 4 {
			in = words[3]
		}
		plan, err := g.c.FindPlan(words[1], in)
		if words[0] == "unplan" {
			return cmmn.Unplan(plan), err
		}
		return plan, err
	}
	var transition cmmn.Transition
	if err := transition.UnmarshalText([]byte(words[0])); err != nil {
		return nil, err
	}
	name, index := indexed(words[1])
	number, err := g.c.Find(name, index, transition)
	return cmmn.Do{Number: number, Transition: transition, Force: len(words) > 2, Path: name}, err
}

// indexed splits "T1#2".
func indexed(word string) (string, int) {
	name, text, found := strings.Cut(word, "#")
	if !found {
		return name, -1
	}
	index, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return name, index
}

func (g *teller) expect(text string) {
	g.t.Helper()
	for _, one := range strings.Split(text, ",") {
		words := strings.Fields(one)
		if got := g.state(words[0]); got != words[1] {
			g.t.Errorf("%s is %s, want %s", words[0], got, words[1])
		}
	}
}

// state of "T1", the newest instance, or of "T1#0".
func (g *teller) state(word string) string {
	if word == "case" {
		return g.c.State().String()
	}
	name, index := indexed(word)
	found := "none"
	for _, item := range g.c.Items() {
		if (item.ID == name || item.Path == name) && (index < 0 || item.Index == index) {
			found = item.State.String()
		}
	}
	return found
}

func (g *teller) explain(text string) {
	g.t.Helper()
	id, want, _ := strings.Cut(text, ": ")
	x, err := g.c.Explain(id)
	if err != nil {
		g.t.Fatal(err)
	}
	if got := told(x); !strings.Contains(got, want) {
		g.t.Errorf("explained as %q, want %q", got, want)
	}
}

// told is an explanation in one line.
func told(x cmmn.Explanation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", x.State)
	if x.Around != "" {
		fmt.Fprintf(&b, "; around %s", x.Around)
	}
	for _, w := range x.Ways {
		fmt.Fprintf(&b, "; %s:", w.Criterion)
		for _, e := range w.Events {
			fmt.Fprintf(&b, " %s.%s", e.Source, e.Event)
		}
		for _, u := range w.Unmet {
			fmt.Fprintf(&b, " (%s)", u)
		}
		for _, name := range slices.Sorted(maps.Keys(w.Values)) {
			fmt.Fprintf(&b, " %s=%s", name, w.Values[name])
		}
	}
	for _, k := range x.Blockers {
		fmt.Fprintf(&b, "; blocked by %s %s", k.ID, k.State)
	}
	return b.String()
}
