package roadmap

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"cairn/internal/golden"
)

func TestPageIsUpToDate(t *testing.T) {
	r := load(t)
	golden.Check(t, "../../docs/implementation-roadmap.md", Markdown(r))
	if !bytes.Equal(Markdown(r), Markdown(r)) {
		t.Error("the page is not the same every time")
	}
}

// TestPageHoldsEverything searches the page for each thing's id and words.
func TestPageHoldsEverything(t *testing.T) {
	r := load(t)
	page := string(Markdown(r))
	has := func(words ...string) {
		for _, w := range words {
			if w != "" && !strings.Contains(page, w) {
				t.Errorf("the page lacks %q", w)
			}
		}
	}
	for _, s := range r.Stages {
		has(s.ID, s.Name, s.Goal)
		for _, task := range s.Tasks {
			has("`"+task.ID+"`", task.Name, task.Text, task.Cairn, task.Estimate.String())
			has(task.Steps...)
			has(task.Needs...)
		}
		for _, m := range s.Milestones {
			has("`"+m.ID+"`", m.Name)
		}
		for _, c := range s.Checkpoints {
			has("`"+c.ID+"`", c.Name, c.Text)
		}
		for _, c := range s.Challenges {
			has("`"+c.ID+"`", c.Text, c.Remedy)
			has(c.Probes...)
		}
		for _, c := range append(s.Entry, s.Exit...) {
			has(c.Text)
		}
	}
	for _, c := range r.Choices {
		has(c.Name)
		for _, o := range c.Options {
			has(o.Name, o.Note)
		}
	}
	for _, entry := range r.Todo {
		has("`"+entry.ID+"`", entry.Name, entry.Text, entry.Component, entry.File)
	}
}

// TestLinksLeadSomewhere compares the links within the page with its headings.
func TestLinksLeadSomewhere(t *testing.T) {
	page := string(Markdown(load(t)))
	anchors := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(page, -1) {
		anchors[anchor(heading[1])] = true
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(page, -1)
	if len(links) < 5 {
		t.Fatalf("only %d links", len(links))
	}
	for _, link := range links {
		if !anchors[link[1]] {
			t.Errorf("no heading is linked to as #%s", link[1])
		}
	}
}

func TestReadmeLeadsToTheTodoList(t *testing.T) {
	for _, name := range []string{"README.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if link := "docs/implementation-roadmap.md#" + anchor(todoTitle); !strings.Contains(string(text), link) {
			t.Errorf("%s has no link to %s", name, link)
		}
	}
}

// TestEveryEntryOfTheTodoListSaysWhatSettlesIt counts one line for each entry. It
// checks that the files named there exist.
func TestEveryEntryOfTheTodoListSaysWhatSettlesIt(t *testing.T) {
	r := load(t)
	if n := strings.Count(string(Markdown(r)), "  Settled by: "); n != len(r.Todo) || n == 0 {
		t.Errorf("%d of %d entries say what settles them", n, len(r.Todo))
	}
	for _, entry := range r.Todo {
		for _, file := range regexp.MustCompile("`([^` ]+\\.(?:go|md))`").FindAllStringSubmatch(entry.Settled, -1) {
			if _, err := os.Stat("../../" + file[1]); err != nil {
				t.Errorf("%s: %v", entry.ID, err)
			}
		}
	}
}

// TestSmallRoadmap renders a roadmap without any of its optional parts.
func TestSmallRoadmap(t *testing.T) {
	r, err := Load("small.yaml", []byte("roadmap: small\nstages:\n  - {id: ground, name: Ground, goal: It stands.}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	page := string(Markdown(r))
	if strings.Contains(page, "to-do list") || !strings.Contains(page, "## 1. Ground") {
		t.Errorf("%s", page)
	}
}
