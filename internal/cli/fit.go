package cli

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// fitter adapts text to the screen that shows it.
type fitter struct {
	width int  // columns; 0 does not break lines
	ascii bool // signs are written with ASCII
}

// fitFor finds out what a stream can show: the width of a terminal, and whether
// its locale has Cairn's signs.
func fitFor(stream io.Writer) fitter {
	f := fitter{ascii: asciiLocale(os.Getenv)}
	if file, ok := stream.(*os.File); ok && isTerminal(stream) {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			f.width = width
		}
	}
	return f
}

// asciiLocale reports whether the locale's characters are not UTF-8. The first of
// these variables that is set decides (POSIX, 8.2). Without any, as in cron, the
// locale counts as UTF-8.
func asciiLocale(getenv func(string) string) bool {
	for _, variable := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(variable)); locale != "" {
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false
}

// signs are Cairn's signs and their ASCII replacements.
var signs = strings.NewReplacer("●", "*", "✗", "x", "◌", "~", "◐", ">", "○", "o", "◆", "#", "◇", "-", "▶", ">", "■", "=", "…", "...", "·", "-",
	"→", "->", "–", "-", "—", "-", "’", "'", "“", "\"", "”", "\"", "─", "-", "│", "|", "✓", "*", "×", "x")

// show returns the text with lines broken and signs replaced to fit the screen.
func (f fitter) show(text string) string {
	if f.ascii {
		text = signs.Replace(text)
	}
	if f.width < narrowest {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = f.line(line)
	}
	return strings.Join(lines, "\n")
}

// narrowest is the least width, in columns, at which breaking lines helps.
const narrowest = 40

// line breaks a line that is too long. First it removes the spaces that align
// columns. If that is not enough, the rest goes on in the next line, indented
// further.
func (f fitter) line(text string) string {
	if columns(text) <= f.width {
		return text
	}
	body := strings.TrimLeft(text, " ")
	indent := text[:len(text)-len(body)]
	further := indent + "    "
	var out strings.Builder
	line := indent
	for i, word := range strings.Fields(body) {
		switch {
		case i == 0:
			line += word
		case columns(line)+1+columns(word) > f.width && columns(line) > columns(further):
			out.WriteString(line + "\n")
			line = further + word
		default:
			line += " " + word
		}
	}
	return out.String() + line
}

// cut shortens a text to one line.
func (f fitter) cut(text string) string {
	if f.ascii {
		text = signs.Replace(text)
	}
	runes := []rune(text)
	if f.width < narrowest || len(runes) < f.width {
		return text
	}
	return string(runes[:f.width-1])
}

// columns is how wide a text is on a terminal: its characters without the codes
// for colours (ECMA-48, SGR).
func columns(text string) int {
	n := 0
	for len(text) > 0 {
		if strings.HasPrefix(text, "\x1b[") {
			if end := strings.IndexByte(text, 'm'); end > 0 {
				text = text[end+1:]
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		n++
	}
	return n
}
