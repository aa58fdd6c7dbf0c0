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

// unitState asks for the properties in a form that people's settings do not
// change; the times are exact to the microsecond.
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

// ParseTimestamp reads systemd's form (systemd.time(7)); nothing is the zero time.
func ParseTimestamp(text string) (time.Time, error) {
	if text == "" || text == "n/a" {
		return time.Time{}, nil
	}
	return time.Parse("Mon 2006-01-02 15:04:05.999999 MST", text)
}

// runs reports whether the unit is at work; one that reads its files again is.
func (s unitState) runs() bool { return s.active == "active" || s.active == "reloading" }

// enabledAs says whether the unit starts with the host. A static unit is started
// by others; it can be neither enabled nor disabled, so it is as wanted. What is
// enabled only until the next restart is not.
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
