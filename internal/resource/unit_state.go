package resource

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cairn/internal/system"
)

// unitState is what systemctl(1) shows of a unit.
type unitState struct {
	load, file, active string
	reload             bool      // its files were changed since systemd read them
	started            time.Time // when it last became active; zero when it never was
	changed            time.Time // when its state last changed, as by a reload
}

// unitStateOf asks for the properties in a form that locale settings do not
// change. Times are exact to the microsecond.
func unitStateOf(ctx context.Context, s *system.System, name string) (unitState, error) {
	out, err := s.Run(ctx, "systemctl", "show", "--timestamp=us+utc",
		"--property=LoadState,UnitFileState,ActiveState,NeedDaemonReload,ActiveEnterTimestamp,StateChangeTimestamp", "--", name)
	if err != nil {
		return unitState{}, err
	}
	var state unitState
	for line := range strings.Lines(string(out.Stdout)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "LoadState":
			state.load = value
		case "UnitFileState":
			state.file = value
		case "ActiveState":
			state.active = value
		case "NeedDaemonReload":
			state.reload = value == "yes"
		case "ActiveEnterTimestamp":
			state.started, err = ParseTimestamp(value)
		case "StateChangeTimestamp":
			state.changed, err = ParseTimestamp(value)
		}
		if err != nil {
			return unitState{}, fmt.Errorf("%s of %s: %w", key, name, err)
		}
	}
	return state, nil
}

// ParseTimestamp parses systemd's form of a time (systemd.time(7)). An empty text
// is the zero time.
func ParseTimestamp(text string) (time.Time, error) {
	if text == "" || text == "n/a" {
		return time.Time{}, nil
	}
	return time.Parse("Mon 2006-01-02 15:04:05.999999 MST", text)
}

// runs reports whether the unit is at work. A unit that is reloading is.
func (s unitState) runs() bool { return s.active == "active" || s.active == "reloading" }

// enabledAs says whether the unit starts with the host. A static unit is started
// by others and can be neither enabled nor disabled, so it counts as wanted. A
// unit enabled only until the next restart does not count.
func (s unitState) enabledAs(wanted bool) string {
	switch s.file {
	case "enabled":
		return "yes"
	case "static", "indirect", "generated", "alias":
		return yesNo(wanted)
	case "", "not-found":
		return absent
	}
	return "no"
}
