package e2e

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cairn/internal/golden"
)

// firstUpPicture is the picture of a first `up` at the top of the README.
const firstUpPicture = "../docs/pictures/first-up.svg"

// TestPictureOfAFirstUp makes the picture in the README from a real session. A
// bare host is made safe, and status shows the evidence for that.
func TestPictureOfAFirstUp(t *testing.T) {
	long(t)
	b := newBed(t, "atlas", "visitor")
	o := newOwner(t, b, "atlas", "visitor")
	o.write("lab.yaml", strings.Replace(string(mustRead(t, filepath.Join(o.dir, "lab.yaml"))), "lab: e2e", "lab: home", 1))
	var session strings.Builder
	for _, args := range []string{"up --first-user root", "status"} {
		said := o.talk(person, strings.Fields(args)...)
		if said.exit != 0 {
			t.Fatalf("%s ended with %d:\n%s", args, said.exit, said.stdout)
		}
		fmt.Fprintf(&session, "$ cairn %s\n%s\n\n", args, steady(said.stdout, b.host("atlas").Address.String()))
	}
	t.Logf("the session:\n%s", session.String())
	lines := telling(session.String())
	if golden.Updating() {
		if err := os.WriteFile(firstUpPicture, []byte(drawTerminal(lines)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	drawn := ofTheMoment.ReplaceAllString(tspan.ReplaceAllString(string(mustRead(t, firstUpPicture)), ""), "")
	for _, line := range lines {
		if line = ofTheMoment.ReplaceAllString(line, ""); !strings.Contains(drawn, ">"+html.EscapeString(line)+"<") {
			t.Errorf("%s does not show %q: write it anew with -update", firstUpPicture, line)
		}
	}
}

// tspan matches the tags that colour a character.
var tspan = regexp.MustCompile(`</?tspan[^>]*>`)

// ofTheMoment matches times and dates, which differ in each session.
var ofTheMoment = regexp.MustCompile(`[0-9]+(\.[0-9]+)?(s|m| min)\b|[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9:]{5})?`)

// inPicture matches the lines of a session that the picture has room for.
var inPicture = regexp.MustCompile(`^\$ |^ +! |Make these changes|atlas guard (\w+ armed|\w+ confirmed|.* got in)|milestone reached|proven port-scan|^1 |^  ◆ |^ +● .*looks\)$`)

// telling returns those lines of a session, each once.
func telling(session string) []string {
	var lines []string
	seen := map[string]bool{}
	for line := range strings.SplitSeq(session, "\n") {
		if inPicture.MatchString(line) && !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	return lines
}

// Sizes of a terminal's picture, in pixels.
const (
	lineHeight = 20
	charWidth  = 8.43 // of a monospaced font of 14 pixels
	margin     = 18
)

// signColours are the colours of the characters that stand before an outcome.
var signColours = map[string]string{"●": "#7ee787", "◆": "#7ee787", "◌": "#79c0ff", "✗": "#ff7b72", "◐": "#e3b341", "$": "#79c0ff"}

var sign = regexp.MustCompile(`[●◆◌✗◐]|^\$`)

// drawTerminal draws lines as a terminal shows them.
func drawTerminal(lines []string) string {
	widest := 0
	for _, line := range lines {
		widest = max(widest, len([]rune(line)))
	}
	width, height := int(float64(widest)*charWidth)+2*margin, len(lines)*lineHeight+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>A first cairn up, and what cairn status says then</title>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#0d1117\"/>\n")
	b.WriteString(`<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#e6edf3">` + "\n")
	for i, line := range lines {
		coloured := sign.ReplaceAllStringFunc(html.EscapeString(line), func(s string) string {
			return `<tspan fill="` + signColours[s] + `">` + s + "</tspan>"
		})
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" xml:space=\"preserve\">%s</text>\n", margin, margin+(i+1)*lineHeight-5, coloured)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}
