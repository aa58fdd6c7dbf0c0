package interchange

import (
	"fmt"
	"io"
	"strings"
)

// charset reads the encodings besides UTF-8 that CMMN tools write. The whole
// input is already in memory and within the limits.
func charset(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "iso-8859-1":
	default:
		return nil, fmt.Errorf("the file is in the encoding %s; save it as UTF-8", label)
	}
	data, err := io.ReadAll(input)
	if err != nil {
		return nil, err
	}
	characters := make([]rune, len(data))
	for i, b := range data {
		characters[i] = rune(b)
	}
	return strings.NewReader(string(characters)), nil
}
