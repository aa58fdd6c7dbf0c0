package diagram

import (
	"iter"
	"strings"
	"unicode"
)

// Sizes of text, in pixels.
const (
	nameSize  = 12
	nameLine  = 14
	titleSize = 14
	smallSize = 10
	// boldness is how much wider bold text is than the table's widths.
	boldness = 1.09
)

// advances are the widths of the printable ASCII characters in Helvetica, from
// Adobe's font metrics (Helvetica.afm), in thousandths of the font's size. Arial
// and Liberation Sans have the same.
var advances = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
}

// runeWidth is in thousandths of the font's size. Outside ASCII it is a
// generous guess.
func runeWidth(r rune) int {
	switch {
	case r >= ' ' && int(r-' ') < len(advances):
		return advances[r-' ']
	case joins(r):
		return 0
	case r >= 0x1F000 && r < 0x20000 || r >= 0x2190 && r < 0x2C00: // pictures and symbols
		return 1300
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0xFF00 && r < 0xFFF0:
		return 1000
	}
	return 700
}

// joins reports whether a character belongs to the one before it.
func joins(r rune) bool {
	const zeroWidthJoiner = '\u200d'
	return r == zeroWidthJoiner || unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || r >= 0x1F3FB && r <= 0x1F3FF
}

// textWidth returns the width of a text at a font size.
func textWidth(text string, size float64) float64 {
	sum := 0
	for _, r := range text {
		sum += runeWidth(r)
	}
	return float64(sum) * size / 1000
}

// oneLine returns a name on one line that XML can hold. Control characters
// become spaces.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return strings.Join(strings.Fields(text), " ")
}

const ellipsis = "…"

// wrap breaks a text into lines no wider than width. If it needs more lines
// than allowed, the last one ends in an ellipsis.
func wrap(text string, width, size float64, most int) []string {
	var lines []string
	line := ""
	for word := range words(oneLine(text), width, size) {
		if line == "" || textWidth(line+word, size) <= width {
			line += word
			continue
		}
		if lines = append(lines, line); len(lines) == most {
			lines[most-1] = shorten(line, width, size)
			return lines
		}
		line = strings.TrimPrefix(word, " ")
	}
	return append(lines, strings.TrimPrefix(line, " "))
}

// words returns the pieces between which a line may break: words with the space
// before them. A word that is wider than a line gives several pieces.
func words(text string, width, size float64) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			end := len(text)
			if space := strings.Index(text[1:], " "); space >= 0 {
				end = space + 1
			}
			piece := fitting(text[:end], width, size)
			text = text[len(piece):]
			if !yield(piece) {
				return
			}
		}
	}
}

// fitting returns the longest beginning of a text that fits, at least one
// character.
func fitting(text string, width, size float64) string {
	end, sum := 0, 0.0
	glued := false
	for i, r := range text {
		if !joins(r) && !glued {
			if sum > width && end > 0 {
				return text[:end]
			}
			if sum <= width || end == 0 {
				end = i
			}
		}
		glued = r == '\u200d'
		sum += float64(runeWidth(r)) * size / 1000
	}
	if sum <= width || end == 0 {
		return text
	}
	return text[:end]
}

// shorten ends a text in an ellipsis, within the width.
func shorten(text string, width, size float64) string {
	room := width - textWidth(ellipsis, size)
	if textWidth(text, size) > room {
		text = fitting(text, room, size)
	}
	return strings.TrimRight(text, " ") + ellipsis
}

// clip keeps a text on one line.
func clip(text string, width, size float64) string {
	if text = oneLine(text); textWidth(text, size) <= width {
		return text
	}
	return shorten(text, width, size)
}
