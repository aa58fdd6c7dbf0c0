package cmmn_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cairn/internal/cmmn"
	"cairn/internal/golden"
)

const (
	conformancePage = "../../docs/reference/cmmn-conformance.md"
	decisionsPage   = "../../docs/explanation/cmmn.md"
)

// topic is a part of the specification, or of what is decided here.
type topic struct {
	name, title, about string
}

var topics = []topic{
	{"8.6", "Table 8.6: the case", "Each row, and the exit criteria of the case plan model."},
	{"8.8", "Table 8.8: stages and tasks", "Each row."},
	{"8.11", "Table 8.11: milestones and event listeners", "Each row."},
	{"8.9", "Table 8.9: what a stage does to what is in it", "By the transition of the stage or the case."},
	{"8.7", "Table 8.7: how items come to be", "With their stage, from the bottom up, and the order in which a turn comes to rest."},
	{"8.5", "Section 8.5: sentries", "The seventeen events, on-parts, if-parts and criteria."},
	{"8.12", "Table 8.12: completion", "Of stages and of the case."},
	{"rule", "Rules of an item", "Manual activation, required and repetition."},
	{"8.6.4", "Section 8.6.4: repetition", "With a trigger, without, by a condition; ceilings."},
	{"planning", "Discretionary items", "Planning tables, applicability, the states that allow planning (Table 8.13)."},
	{"timer", "Timer event listeners", "ISO 8601 times, durations and repeated intervals."},
	{"budget", "Turns that would not end", "Not in the specification."},
	{"adopt", "Another model for a case that has begun", "Not in the specification."},
}

// wanted are the rules that need a story. They are every row of the code's own
// tables, every event, and what else the tables and sections require.
func wanted() map[string][]string {
	all := map[string][]string{
		"8.9": {"suspend", "parentSuspend", "resume", "parentResume", "reactivate", "exit", "terminate", "complete", "fault"},
		"8.12": {
			"autoComplete true", "autoComplete false", "manual completion", "required", "empty", "failed", "discretionary", "the case",
		},
		"8.7": {
			"created with the stage", "across stages", "bottom-up", "memory before creation", "deepest first", "repetition before completion", "pause",
		},
		"8.5": {
			"no criterion", "and", "or", "event", "if-part", "if-part alone", "if-part false consumes nothing", "memory", "memoryless", "retroactive",
			"missing value", "failing condition", "values", "exit criteria", "exit if-part", "entry and exit", "exitCriterionRef", "chain", "case file",
			"state per criterion instance", "same stage instance",
		},
		"8.6":   {"exit criterion"},
		"8.8":   {"non-blocking"},
		"rule":  {"manual activation", "required", "repetition"},
		"8.6.4": {"repetition without criteria", "repetition by trigger", "repetition by condition", "stages", "ceiling", "example 2"},
		"planning": {
			"discretionary", "applicability", "from a human task", "into a stage that has yet to begin", "states", "again", "taking out",
		},
		"timer":  {"once", "from an event", "repeated", "catching up"},
		"budget": {""},
		"adopt":  {""},
	}
	for number, rows := range cmmn.Rows() {
		for _, transition := range rows {
			all[number] = append(all[number], transition.String())
		}
	}
	for _, event := range cmmn.Transitions() {
		all["8.5"] = append(all["8.5"], event.String())
	}
	return all
}

// TestConformance writes the map from rules to stories. It fails for a rule
// without a story, and for a story with an unknown rule.
func TestConformance(t *testing.T) {
	told := storiesByRule(t)
	page := "# What of CMMN 1.1 Cairn does, and the story that holds it\n\n" +
		"<!-- Generated from internal/cmmn. Do not edit: run go test ./internal/cmmn -update -->\n\n" +
		"The rows and rules are those of OMG formal/2016-12-01. A story is a small case in `internal/cmmn/testdata/stories`: a model, what\n" +
		"is done, and what has to be so afterwards. Tests tell each of them, replay its journal, and fail when a rule here has none.\n" +
		"`go test ./internal/cmmn -run 'TestStories/TITLE'` tells one, with underscores for spaces.\n" +
		"Every transition of every kind in every state is asked for in `internal/cmmn/matrix_test.go`.\n"
	for _, topic := range topics {
		page += fmt.Sprintf("\n## %s\n\n%s\n\n| rule | stories |\n|---|---|\n", topic.title, topic.about)
		for _, rule := range sortedUnique(wanted()[topic.name]) {
			tag := strings.TrimSpace(topic.name + " " + rule)
			if len(told[tag]) == 0 {
				t.Errorf("no story for [%s]", tag)
			}
			page += row(strings.TrimSpace(rule), told[tag])
			delete(told, tag)
		}
	}
	page += "\n## Decisions\n\nWhere the specification is silent or engines disagree; [why](../explanation/cmmn.md).\n\n| decision | stories |\n|---|---|\n"
	for _, name := range decisions(told) {
		page += row(fmt.Sprintf("[%s](../explanation/cmmn.md#%s)", name, anchor(name)), told["decided "+name])
		delete(told, "decided "+name)
	}
	for tag := range told {
		t.Errorf("[%s] is no rule that the page has a place for", tag)
	}
	golden.Check(t, conformancePage, page)
}

func storiesByRule(t *testing.T) map[string][]story {
	told := map[string][]story{}
	for _, s := range stories(t) {
		if len(s.rules) == 0 {
			t.Errorf("the story %q names no rule", s.title)
		}
		for _, rule := range s.rules {
			told[rule] = append(told[rule], s)
		}
	}
	return told
}

func row(name string, stories []story) string {
	var titles []string
	for _, s := range stories {
		titles = append(titles, fmt.Sprintf("%s (`%s`)", s.title, s.file))
	}
	if name == "" {
		name = "all"
	}
	return fmt.Sprintf("| %s | %s |\n", name, strings.Join(titles, "<br>"))
}

func sortedUnique(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

func decisions(told map[string][]story) []string {
	var names []string
	for tag := range told {
		if name, decided := strings.CutPrefix(tag, "decided "); decided {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

// TestDecisionsAreExplained compares the explanation with the decisions. It must
// have one section for each, which names all its stories, and no section may lack
// stories.
func TestDecisionsAreExplained(t *testing.T) {
	text, err := os.ReadFile(decisionsPage)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		sections[anchor(heading)] = body
	}
	told := storiesByRule(t)
	for _, name := range decisions(told) {
		body, explained := sections[anchor(name)]
		delete(sections, anchor(name))
		if !explained {
			t.Errorf("%s: no section %q", decisionsPage, name)
		}
		for _, s := range told["decided "+name] {
			if explained && !strings.Contains(flowed(body), s.title) {
				t.Errorf("%s: section %q does not name the story %q", decisionsPage, name, s.title)
			}
		}
	}
	for heading := range sections {
		t.Errorf("%s: no story holds section %q", decisionsPage, heading)
	}
}

var spaces = regexp.MustCompile(`\s+`)

// flowed is a text without its line breaks.
func flowed(text string) string { return spaces.ReplaceAllString(text, " ") }
