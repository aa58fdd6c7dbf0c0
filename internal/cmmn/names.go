package cmmn

import (
	"fmt"
	"slices"
)

func nameIn(names []string, i int) string {
	if i < 0 || i >= len(names) || names[i] == "" {
		return fmt.Sprintf("unknown(%d)", i)
	}
	return names[i]
}

// parseName sets w to the word with that name.
func parseName[W ~uint8](w *W, names []string, what string, text []byte) error {
	i := slices.Index(names, string(text))
	if i < 0 || len(text) == 0 {
		return fmt.Errorf("there is no %s %q", what, text)
	}
	*w = W(i)
	return nil
}
