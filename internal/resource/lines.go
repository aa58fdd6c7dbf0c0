package resource

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a comparison line by line. Of longer contents only the size is shown.
const (
	maxLines     = 400
	maxLineBytes = 16 << 10
	contextLines = 3 // around each difference, as diff(1) has them
)

// lineDiff returns the difference of two contents as lines that begin with "+",
// "-" or a space. It is empty if a content is not text or is too long.
//
// What Cairn writes is not secret, or it would be marked as such. What it replaces
// may contain secrets, since anybody may have added them by hand. So a removed
// line is shown only if an added line has the same first word, which shows that
// this kind of value is not secret. Comments are never shown. The other lines are
// counted.
func lineDiff(have, want []byte) string {
	if !isText(have) || !isText(want) {
		return ""
	}
	old, fresh := lines(have), lines(want)
	known := map[string]bool{}
	for _, line := range fresh {
		known[firstWord(line)] = true
	}
	known[""], known["#"], known["//"] = false, false, false
	var out []string
	hidden := 0
	flush := func() {
		if hidden > 0 {
			out = append(out, fmt.Sprintf("- (%d %s not shown, which may be secret)", hidden, map[bool]string{true: "line", false: "lines"}[hidden == 1]))
		}
		hidden = 0
	}
	for _, edit := range withContext(edits(old, fresh)) {
		if edit.mark == '-' && !known[firstWord(edit.line)] {
			hidden++
			continue
		}
		flush()
		out = append(out, strings.TrimRight(string(edit.mark)+" "+edit.line, " "))
	}
	flush()
	return strings.Join(out, "\n")
}

// isText reports whether a content is short enough for a comparison and contains
// only printable text.
func isText(content []byte) bool {
	if len(content) > maxLineBytes || bytes.Count(content, []byte("\n")) > maxLines || !utf8.Valid(content) {
		return false
	}
	return !strings.ContainsFunc(string(content), func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) })
}

func lines(content []byte) []string {
	if len(content) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

// firstWord returns the word that names a setting: "APT::Periodic::Enable",
// "kernel.x", "ops". For a comment it is the comment sign.
func firstWord(line string) string {
	line = strings.TrimSpace(line)
	for _, sign := range []string{"#", "//"} {
		if strings.HasPrefix(line, sign) {
			return sign
		}
	}
	if end := strings.IndexAny(line, " \t="); end >= 0 {
		return line[:end]
	}
	return line
}

// edit is a line that stays (' '), is removed ('-') or is added ('+').
type edit struct {
	mark byte
	line string
}

// edits turns one list of lines into another, by a longest common subsequence.
func edits(old, fresh []string) []edit {
	common := make([][]int, len(old)+1)
	for i := range common {
		common[i] = make([]int, len(fresh)+1)
	}
	for i, o := range slices.Backward(old) {
		for j, f := range slices.Backward(fresh) {
			if o == f {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var all []edit
	i, j := 0, 0
	for i < len(old) || j < len(fresh) {
		switch {
		case i < len(old) && j < len(fresh) && old[i] == fresh[j]:
			all = append(all, edit{' ', old[i]})
			i, j = i+1, j+1
		case i < len(old) && (j == len(fresh) || common[i+1][j] >= common[i][j+1]):
			all = append(all, edit{'-', old[i]})
			i++
		default:
			all = append(all, edit{'+', fresh[j]})
			j++
		}
	}
	return all
}

// withContext leaves out unchanged lines that are not near a difference.
func withContext(all []edit) []edit {
	near := make([]bool, len(all))
	for i, e := range all {
		if e.mark == ' ' {
			continue
		}
		for k := max(0, i-contextLines); k <= min(len(all)-1, i+contextLines); k++ {
			near[k] = true
		}
	}
	var shown []edit
	for i, e := range all {
		if near[i] {
			shown = append(shown, e)
		}
	}
	return shown
}
