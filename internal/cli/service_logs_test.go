package cli

import (
	"strings"
	"testing"
	"time"

	"cairn/internal/resource"
)

// TestLogsCannotSteerTheTerminal writes lines of containers that say anything.
func TestLogsCannotSteerTheTerminal(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	var out strings.Builder
	writeLog(&out, []resource.LogLine{
		{At: at, Container: "web", Text: "\x1b[31mred\x1b[0m and\tplain"}, {At: at, Container: "database", Text: "\x1b]0;title\a\x1b[2J\u009b2Jdone"},
	})
	const want = "2026-01-02 03:04:05 web       red and\tplain\n2026-01-02 03:04:05 database  ]0;title[2J2Jdone\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestBrowserOnlyWithADesktop(t *testing.T) {
	for _, c := range []struct{ system, environment, want string }{
		{"linux", "", ""}, {"linux", "DISPLAY=:0", "xdg-open"}, {"linux", "WAYLAND_DISPLAY=wayland-0", "xdg-open"},
		{"linux", "DISPLAY=:10 SSH_CONNECTION=a", ""}, {"darwin", "", "open"}, {"darwin", "SSH_CONNECTION=a", ""},
	} {
		got := strings.Join(browser(c.system, func(name string) string {
			for _, set := range strings.Fields(c.environment) {
				if n, value, _ := strings.Cut(set, "="); n == name {
					return value
				}
			}
			return ""
		}), " ")
		if got != c.want {
			t.Errorf("%s with %q: %q, want %q", c.system, c.environment, got, c.want)
		}
	}
}
