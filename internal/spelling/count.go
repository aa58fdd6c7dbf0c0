package spelling

import "strconv"

// Count is a number of things in words: "1 host", "2 hosts".
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
