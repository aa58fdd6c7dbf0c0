package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairn/internal/document"
	"cairn/internal/problem"
)

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.yaml", "../../examples/*/lab.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := known.Parse("lab.yaml", data)
		if err == nil {
			promised(t, l)
			return
		}
		if code := problem.CodeOf(err); code != problem.LabInvalid && code != problem.LabSyntax {
			t.Errorf("code %q of %v", code, err)
		}
		if faults := document.Faults(nil); !errors.As(err, &faults) || len(faults) == 0 {
			t.Errorf("no faults in %v", err)
		}
	})
}

// promised checks what others rely on in an accepted lab.
func promised(t *testing.T, l *Lab) {
	t.Helper()
	if l.Name == "" || l.Domain == "" || l.Timezone == "" || !l.Network.CIDR.IsValid() || len(l.Network.Admin) == 0 || len(l.Hosts) == 0 {
		t.Errorf("incomplete lab %+v", l)
	}
	for _, p := range l.Network.Admin {
		if !p.IsValid() || p.Bits() < 7 {
			t.Errorf("admin network %v", p)
		}
	}
	for _, h := range l.Hosts {
		if !l.SubnetOf(h).Contains(h.At()) || h.Port == 0 || h.User == "" || h.User == "root" || len(h.Roles) == 0 {
			t.Errorf("host %+v", h)
		}
		for _, o := range h.Open {
			if o.Port == 0 || o.Protocol != "tcp" && o.Protocol != "udp" {
				t.Errorf("opening %+v", o)
			}
		}
	}
	for _, c := range choices {
		if l.Choose[c.name] == "" {
			t.Errorf("no option for %s", c.name)
		}
	}
	for _, w := range l.Waivers {
		if w.Checkpoint == "" || w.Reason == "" || w.Expires.IsZero() {
			t.Errorf("waiver %+v", w)
		}
	}
}

func TestTooLarge(t *testing.T) {
	data := append([]byte("lab: home\n#"), bytes.Repeat([]byte("x"), dialect.MaxBytes)...)
	if _, err := Parse("lab.yaml", data); problem.CodeOf(err) != problem.LabSyntax || !strings.Contains(err.Error(), "KiB") {
		t.Errorf("error = %v", err)
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); problem.CodeOf(err) != problem.LabSyntax {
		t.Errorf("error = %v", err)
	}
}

// TestNestingIsBounded has the shapes that could exhaust a recursive parser.
func TestNestingIsBounded(t *testing.T) {
	for _, opener := range []string{"[", "{a: ", "- ", "? ", "&a ", "!a ", "[{a: ", "a: ", "-\n"} {
		data := strings.Repeat(opener, dialect.MaxBytes/len(opener))
		if _, err := Parse("lab.yaml", []byte(data)); err == nil {
			t.Errorf("%q repeated was accepted", opener)
		}
	}
}

// TestLargeFilesAreRead reads files near the limit. They must not take minutes.
func TestLargeFilesAreRead(t *testing.T) {
	head := "lab: home\nnetwork: {cidr: 10.0.0.0/8, admin: [10.0.0.0/24]}\n"
	hosts, wrong := head+"hosts:\n", head+"timezone: "+strings.Repeat("x", dialect.MaxBytes/2)+"\nhosts:\n"
	for i := range 2000 {
		hosts += fmt.Sprintf("  host%d: {address: 10.1.%d.%d}\n", i, i/250, i%250+1)
	}
	l, err := Parse("lab.yaml", []byte(hosts))
	if err != nil || len(l.Hosts) != 2000 {
		t.Errorf("error = %v", err)
	}
	for i := range 2000 {
		wrong += fmt.Sprintf("  H%d: {adress: x}\n", i)
	}
	var faults document.Faults
	if _, err := Parse("lab.yaml", []byte(wrong)); !errors.As(err, &faults) || len(faults) != 6001 {
		t.Errorf("%d faults", len(faults))
	}
}

func TestByteOrderMarkAndLineEnds(t *testing.T) {
	data, err := os.ReadFile("testdata/valid/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse("lab.yaml", append([]byte("\ufeff"), data...)); err != nil {
		t.Errorf("with a byte order mark: %v", err)
	}
	if _, err := Parse("lab.yaml", bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))); err != nil {
		t.Errorf("with the line ends of Windows: %v", err)
	}
}

func TestFaultsAsJSON(t *testing.T) {
	_, err := Parse("lab.yaml", []byte("lab: home\nadress: x\n"))
	var faults document.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("no faults in %v", err)
	}
	got, err := json.Marshal(faults[len(faults)-1])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"code":"lab.unknown-key","file":"lab.yaml","line":2,"column":1,"message":"unknown key \"adress\" at the top level",` +
		`"expected":"one of lab, domain, timezone, workflow, ssh, network, networks, hosts, choose, services, images, secrets, journal, waivers"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]time.Duration{"1d": day, "400d": 400 * day, "2y": 730 * day, "9999d": 9999 * day, "400": 0, "": 0, "4w": 0} {
		if got := parseDays(text); got != want {
			t.Errorf("parseDays(%q) = %s, want %s", text, got, want)
		}
	}
	if got := parseDays("9999y"); got < 200*365*day {
		t.Errorf("9999 years are %s", got)
	}
}
