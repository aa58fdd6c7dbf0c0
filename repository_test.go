package cairn_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// pages are the Markdown files of the repository, by their paths with slashes.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (slices.Contains([]string{"testdata", "dist", ".git"}, d.Name())) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(name, ".md") {
			found = append(found, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// link matches a link of a page, with its target.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinksLead checks that each link to a file leads to one that exists, and each
// anchor to a place in it. It does not try links to the web: a test must not
// depend on them.
func TestLinksLead(t *testing.T) {
	for _, page := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(prose(t, page), -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file := page
			if target != "" {
				file = path.Join(path.Dir(page), target)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", page, found[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(t, file), anchor) {
				t.Errorf("%s: %s has no place #%s", page, file, anchor)
			}
		}
	}
}

// code matches blocks and spans in which nothing is a link or a heading.
var code = regexp.MustCompile("(?ms)^```.*?^```|`[^`\n]*`")

// prose is a page without its code.
func prose(t *testing.T, page string) string {
	t.Helper()
	return code.ReplaceAllString(read(t, page), "")
}

func read(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var (
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	anchorA = regexp.MustCompile(`<a id="([^"]+)">`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```")
)

// anchors are the places in a page to which a link can lead. Those are the anchors
// that the page names, and its headings as forges name them.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	body := fenced.ReplaceAllString(read(t, page), "")
	var found []string
	for _, a := range anchorA.FindAllStringSubmatch(body, -1) {
		found = append(found, a[1])
	}
	for _, h := range heading.FindAllStringSubmatch(body, -1) {
		found = append(found, slug(h[1]))
	}
	return found
}

// slug is the anchor that forges make of a heading.
func slug(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(title))
}

// TestDocsAreListed checks that docs/README.md leads to every page below docs.
func TestDocsAreListed(t *testing.T) {
	const list = "docs/README.md"
	var listed []string
	for _, found := range link.FindAllStringSubmatch(read(t, list), -1) {
		target, _, _ := strings.Cut(found[1], "#")
		listed = append(listed, path.Join("docs", target))
	}
	for _, page := range pages(t) {
		if strings.HasPrefix(page, "docs/") && page != list && !slices.Contains(listed, page) {
			t.Errorf("%s does not list %s", list, page)
		}
	}
}

// widest is how long a line of code may be. A line with a text in it may be
// longer: nobody can search for a message that is broken in two.
const widest = 175

func TestLinesAreNotTooLong(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		number := 0
		for line := range strings.Lines(read(t, name)) {
			number++
			if utf8.RuneCountInString(line) > widest && !strings.ContainsAny(line, "\"`") {
				t.Errorf("%s:%d is longer than %d columns", name, number, widest)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWorkflowsDoWhatMakeDoes checks that a forge runs what a person runs. Each
// step that runs something must run make, with a target that exists.
func TestWorkflowsDoWhatMakeDoes(t *testing.T) {
	targets := regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1)
	steps := regexp.MustCompile(`(?m)^\s*-? ?run: (.*)$`)
	workflows, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(workflows) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, file := range workflows {
		for _, step := range steps.FindAllStringSubmatch(read(t, file), -1) {
			words := strings.Fields(step[1])
			if words[0] == "gh" {
				continue // publishing is the forge's alone
			}
			if words[0] == "sudo" {
				words = slices.DeleteFunc(words[1:], func(w string) bool { return strings.HasPrefix(w, "-") || strings.Contains(w, "=") })
			}
			known := slices.ContainsFunc(targets, func(target []string) bool { return len(words) == 2 && words[1] == target[1] })
			if words[0] != "make" || !known {
				t.Errorf("%s runs `%s`, which is not make with one of its targets", file, step[1])
			}
		}
	}
}

// TestShellScriptsAreRead checks that Debian's shell can read the scripts.
func TestShellScriptsAreRead(t *testing.T) {
	scripts, err := filepath.Glob("scripts/*.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		if out, err := exec.CommandContext(t.Context(), "sh", "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", script, out)
		}
	}
}
