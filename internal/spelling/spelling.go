// Package spelling writes numbers of things in words, and guesses which known name
// an unknown one was meant to be. It is pure.
package spelling

import "strings"

// Nearest returns the known name that the writer probably meant, or "" if none
// is near enough. Up to a third of the letters may be wrong. Of equally near
// names it returns the first.
func Nearest(written string, known []string) string {
	best, bestDistance := "", max(1, len(written)/3)+1
	for _, name := range known {
		if len(written)-len(name) >= bestDistance {
			continue // too long to be near, and too long to compare
		}
		if d := distance(strings.ToLower(written), name); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// distance is the Damerau-Levenshtein distance between two words in its optimal
// string alignment form. It counts how many letters must be inserted, removed,
// replaced or swapped with their neighbour, each at most once, to turn one word
// into the other.
// See Boytsov, "Indexing methods for approximate dictionary searching", 2011.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+differ(from[i-1], to[j-1]))
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}

// differ returns 0 for equal letters and 1 for others.
func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
