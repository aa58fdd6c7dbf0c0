package diagram

import (
	"fmt"
	"strings"
)

// Scheme is light or dark.
type Scheme uint8

// The schemes. Auto follows the viewer's preference.
const (
	Auto Scheme = iota
	Light
	Dark
)

// palette holds the colours of a scheme.
type palette struct {
	paper, plan, stage, task, milestone string // fills
	text, quiet                         string // of names and of small print
	outline, wire                       string // strokes
	tones                               []tone
}

// tone holds the colours of a state or standing: the fill, and the outline,
// which is also the colour of its badge's text.
type tone struct{ class, fill, ink string }

var light = palette{
	paper: "#ffffff", plan: "#f3f5f8", stage: "#fbfcfd", task: "#ffffff", milestone: "#eef1f5",
	text: "#1b2027", quiet: "#4e5763", outline: "#5b6570", wire: "#727c88",
	tones: []tone{
		{"available", "#ffffff", "#4e5763"}, {"enabled", "#e4f1ff", "#0b57a8"}, {"disabled", "#eceef1", "#565f6a"},
		{"active", "#d8eaff", "#0a4f9e"}, {"suspended", "#fff3d1", "#7a4b00"}, {"failed", "#ffe7e4", "#a61b14"},
		{"completed", "#e2f4e7", "#17602f"}, {"terminated", "#e9ebee", "#4e5763"}, {"closed", "#e9ebee", "#4e5763"},
		{"holds", "#e2f4e7", "#17602f"}, {"stale", "#eceef1", "#565f6a"}, {"lost", "#ffe7e4", "#a61b14"},
	},
}

var dark = palette{
	paper: "#0d1117", plan: "#12171e", stage: "#171d25", task: "#202832", milestone: "#2a323d",
	text: "#e8edf3", quiet: "#a7b1bd", outline: "#8d98a5", wire: "#7d8895",
	tones: []tone{
		{"available", "#202832", "#b3bcc7"}, {"enabled", "#10263e", "#86c3ff"}, {"disabled", "#1b2129", "#9aa5b1"},
		{"active", "#0e3258", "#7dbcff"}, {"suspended", "#3a2c08", "#f0c04d"}, {"failed", "#43191a", "#ff9c94"},
		{"completed", "#12351f", "#6bdc83"}, {"terminated", "#232a33", "#a7b1bd"}, {"closed", "#232a33", "#a7b1bd"},
		{"holds", "#12351f", "#6bdc83"}, {"stale", "#1b2129", "#9aa5b1"}, {"lost", "#43191a", "#ff9c94"},
	},
}

// styleSheet returns the CSS of a drawing. It uses no CSS variables, because
// many programs that show SVG do not support them.
func styleSheet(scheme Scheme) string {
	fixed := ".cmmn{font-family:Helvetica,Arial,'Liberation Sans',sans-serif;font-size:12px}\n" +
		".cmmn .title{font-size:14px;font-weight:bold}\n" +
		".cmmn .small,.cmmn .badge text{font-size:10px}\n" +
		".cmmn .rule{font-size:13px;font-weight:bold}\n" +
		".cmmn .box{stroke-width:1.25}\n" +
		".cmmn .discretionary{stroke-dasharray:6 4}\n" +
		".cmmn .active>.box{stroke-width:2.5}\n" +
		".cmmn .line{fill:none;stroke-width:1.1;stroke-dasharray:8 3 1.5 3}\n" +
		".cmmn .association{stroke-dasharray:1.5 3}\n" +
		".cmmn .icon{fill:none;stroke-width:1.2;stroke-linecap:round;stroke-linejoin:round}\n" +
		".cmmn .halo{stroke-width:3;stroke-linejoin:round;paint-order:stroke}\n"
	switch scheme {
	case Light:
		return fixed + light.rules()
	case Dark:
		return fixed + dark.rules()
	}
	return fixed + light.rules() + "@media (prefers-color-scheme:dark){\n" + dark.rules() + "}\n"
}

func (p palette) rules() string {
	var b strings.Builder
	rule := func(selector, format string, colours ...any) {
		fmt.Fprintf(&b, ".cmmn %s{"+format+"}\n", append([]any{selector}, colours...)...)
	}
	rule(".paper", "fill:%s", p.paper)
	rule("text", "fill:%s", p.text)
	rule(".small", "fill:%s", p.quiet)
	rule(".halo", "stroke:%s", p.stage)
	rule(".box", "stroke:%s", p.outline)
	rule(".case>.box", "fill:%s", p.plan)
	rule(".stage>.box", "fill:%s", p.stage)
	rule(".task>.box,.cmmn .listener>.box,.cmmn .file>.box", "fill:%s", p.task)
	rule(".milestone>.box", "fill:%s", p.milestone)
	rule(".line", "stroke:%s", p.wire)
	rule(".joint", "fill:%s", p.wire)
	rule(".icon", "stroke:%s", p.quiet)
	rule(".solid", "fill:%s;stroke:none", p.quiet)
	rule(".entry", "fill:%s;stroke:%s", p.task, p.text)
	rule(".exit", "fill:%s;stroke:%s", p.text, p.text)
	for _, t := range p.tones {
		rule("."+t.class+">.box", "stroke:%s", t.ink)
		rule(".leaf."+t.class+">.box", "fill:%s", t.fill)
		rule(".badge."+t.class+" rect", "fill:%s;stroke:%s", t.fill, t.ink)
		rule(".badge."+t.class+" text", "fill:%s", t.ink)
	}
	return b.String()
}
