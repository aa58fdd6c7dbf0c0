package document

import "testing"

func TestParseMemory(t *testing.T) {
	for text, want := range map[string]Bytes{"512MiB": 512 << 20, "16GiB": 16 << 30, "999999TiB": 999999 << 40, "": 0, "16GB": 0, "xGiB": 0} {
		if got := ParseMemory(text); got != want {
			t.Errorf("ParseMemory(%q) = %d, want %d", text, got, want)
		}
	}
}
