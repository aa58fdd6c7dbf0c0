package names

import (
	"net/netip"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"cairn/internal/golden"
)

// someRecords are a name with both addresses, and one with each alone.
func someRecords() []Record {
	four, six := netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("fd00::10")
	return []Record{
		{"atlas.home.home.arpa", []netip.Addr{four, six}}, {"boreas.home.home.arpa", []netip.Addr{six}}, {"notes.home.home.arpa", []netip.Addr{four}},
	}
}

// TestFormats compares the text for each product with the golden file.
func TestFormats(t *testing.T) {
	archive := &txtar.Archive{}
	for _, name := range Formats() {
		f := Format(name)
		archive.Files = append(archive.Files, txtar.File{Name: name + ": " + f.Where(), Data: []byte(f.Text(someRecords()))})
	}
	golden.Check(t, "testdata/formats.golden", txtar.Format(archive))
	if Format("bind").Known() || !Hosts.Known() {
		t.Error("bind is known, or hosts is not")
	}
}
