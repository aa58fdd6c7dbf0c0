package diagram

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// canvas is an SVG that is being written. Texts and attribute values from a
// model must go through escaped.
type canvas struct{ bytes.Buffer }

func (c *canvas) line(format string, values ...any) {
	fmt.Fprintf(c, format+"\n", values...)
}

// text writes one line of text. Its y is that of the baseline.
func (c *canvas) text(class, anchor string, x, y float64, text string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	c.line(`<text%s%s x="%s" y="%s">%s</text>`, class, anchor, num(x), num(y), escaped(text))
}

// lines writes lines of a name, centred on a point.
func (c *canvas) lines(x, middle float64, lines []string) {
	const baseline = 0.36 * nameSize // from the middle of a line to its baseline
	top := middle - float64(len(lines)-1)*nameLine/2
	for i, line := range lines {
		c.text("", "middle", x, top+float64(i)*nameLine+baseline, line)
	}
}

func (c *canvas) path(class, data string) {
	c.line(`<path class="%s" d="%s"/>`, class, data)
}

// moved writes a path that is drawn around the origin, at another place.
func (c *canvas) moved(class string, x, y float64, data string) {
	c.line(`<path class="%s" transform="translate(%s %s)" d="%s"/>`, class, num(x), num(y), data)
}

// num writes a length, to a hundredth of a pixel.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func escaped(text string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(text)) // writing to a buffer cannot fail
	return b.String()
}

// polygon is path data of a closed outline.
func polygon(points ...Point) string { return polyline(points) + "Z" }

func polyline(points []Point) string {
	var b strings.Builder
	for i, p := range points {
		switch {
		case i == 0:
			b.WriteString("M" + num(p.X) + " " + num(p.Y))
		case p.X == points[i-1].X:
			b.WriteString("V" + num(p.Y))
		case p.Y == points[i-1].Y:
			b.WriteString("H" + num(p.X))
		default:
			b.WriteString("L" + num(p.X) + " " + num(p.Y))
		}
	}
	return b.String()
}
