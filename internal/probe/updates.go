package probe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cairn/internal/resource"
	"cairn/internal/wire"
)

// updatesOn checks that security updates install themselves. It reads the
// settings that apt reports as in force, whichever file they are from, and
// whether apt's timers run.
func updatesOn(ctx context.Context, _ Vantage, target Target) Finding {
	reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "apt-settings"})
	if err != nil || reply.Failure != nil {
		return blind("cannot read apt's settings: " + readError(err, reply))
	}
	expected, observed := fields("settings that keep updates from being installed", "none"), fields()
	if reply.Exit != 0 {
		return judged(expected, observed, "apt cannot read its configuration, so updates are not installed: "+strings.TrimSpace(string(reply.Output)))
	}
	var wrong []string
	off := resource.UpdatesOff(string(reply.Output))
	for _, key := range slices.Sorted(maps.Keys(off)) {
		observed = append(observed, fields(key, off[key])...)
		wrong = append(wrong, fmt.Sprintf("%s is %s, so updates are not installed", key, off[key]))
	}
	for _, timer := range target.Expect.UpdateTimers {
		reply, err := target.Inside.Read(ctx, wire.ReadCommand{Name: "unit-active", Args: []string{timer}})
		if err != nil || reply.Failure != nil {
			return blind(timer + " cannot be queried: " + readError(err, reply))
		}
		state := wordOr(strings.TrimSpace(string(reply.Output)), "not there")
		expected = append(expected, fields(timer, "active")...)
		observed = append(observed, fields(timer, state)...)
		if state != "active" {
			wrong = append(wrong, timer+" is "+state)
		}
	}
	return judged(expected, observed, wrong...)
}
