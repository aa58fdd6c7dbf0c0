package probe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cairn/internal/distro"
	"cairn/internal/wire"
)

// hardware checks that the host has at least the hardware that the lab
// declares. What is not declared is recorded and cannot refute.
func hardware(ctx context.Context, _ Vantage, target Target) Finding {
	facts, err := target.Inside.Facts(ctx)
	if err != nil {
		return blind(err.Error())
	}
	want := target.Host.Hardware
	expected := fields("cpus", "not declared", "memory", "not declared")
	if want.CPUs > 0 {
		expected[0].Value = fmt.Sprintf("at least %d", want.CPUs)
	}
	if want.Memory > 0 {
		expected[1].Value = "at least about " + bytesText(uint64(want.Memory))
	}
	observed := fields("cpus", facts.CPUs, "memory", bytesText(facts.MemoryBytes), "disks", len(facts.Disks),
		"interfaces", len(facts.Interfaces), "virtualization", facts.Virtualization, "firmware", wordOr(facts.Firmware, "unknown"))
	var wrong []string
	if facts.CPUs < want.CPUs {
		wrong = append(wrong, fmt.Sprintf("%d CPUs instead of %d", facts.CPUs, want.CPUs))
	}
	if least := want.Memory - want.Memory/kept; facts.MemoryBytes < uint64(least) {
		wrong = append(wrong, fmt.Sprintf("%s of memory instead of %s", bytesText(facts.MemoryBytes), bytesText(uint64(want.Memory))))
	}
	if want.Virtualization != nil && *want.Virtualization && !facts.Virtualization {
		wrong = append(wrong, "the processor shows no virtualization extensions (VT-x or AMD-V)")
	}
	if facts.CPUs == 0 || facts.MemoryBytes == 0 || len(facts.Interfaces) == 0 {
		return blind("the host does not report its processors, memory or network interfaces", observed...)
	}
	return judged(expected, observed, wrong...)
}

func bytesText(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)) }

// kept is the divisor for the part of memory that firmware and kernel may keep
// for themselves: one eighth.
const kept = 8

// osRelease checks that the host runs a supported release and started without
// failures.
func osRelease(ctx context.Context, _ Vantage, target Target) Finding {
	facts, err := target.Inside.Facts(ctx)
	if err != nil {
		return blind(err.Error())
	}
	expected := fields("system", distro.Supported(), "state", "running", "failed units", "none")
	observed := fields("system", facts.OS.Name, "kernel", facts.Kernel, "boot", facts.BootID, "state", facts.SystemState,
		"failed units", wordOr(strings.Join(facts.FailedUnits, " "), "none"))
	var wrong []string
	if _, supported := distro.Find(facts.OS.ID, facts.OS.Version); !supported {
		wrong = append(wrong, facts.OS.Name+" is not supported")
	}
	if len(facts.FailedUnits) > 0 {
		wrong = append(wrong, "units failed: "+strings.Join(failedUnits(facts), ", ")+". "+goOn(facts.FailedUnits, facts.Clock))
	} else if facts.SystemState != "running" {
		wrong = append(wrong, "the system is "+facts.SystemState)
	}
	return judged(expected, observed, wrong...)
}

// failedUnits returns the failed units, each with its time and result.
func failedUnits(facts wire.Facts) []string {
	if len(facts.Failures) == 0 {
		return facts.FailedUnits
	}
	var all []string
	for _, u := range facts.Failures {
		all = append(all, fmt.Sprintf("%s since %s (%s)", u.Name, u.Since.UTC().Format("2006-01-02 15:04:05 MST"), wordOr(u.Result, "no reason given")))
	}
	return all
}

// goOn says what to do about failed units.
func goOn(names []string, now time.Time) string {
	all := strings.Join(names, " ")
	return fmt.Sprintf("Look with `journalctl -u %s`. Once it is fixed or does not matter, run `systemctl reset-failed %s`. %s",
		names[0], all, pasteWaiver("foundation.os-supported/os-release", "I know why "+fewOf(names)+" failed", now))
}

// reasonRoom limits a waiver's reason, so that one more name of up to 255
// characters and a few words still fit. The lab file allows 500.
const reasonRoom = 200

// fewOf returns as many of the names as fit into a waiver's reason.
func fewOf(names []string) string {
	text := names[0]
	for i, name := range names[1:] {
		if len(text) > reasonRoom {
			return fmt.Sprintf("%s and %d more", text, len(names)-1-i)
		}
		text += " " + name
	}
	return text
}

// waiverDays is how long an offered waiver lasts.
const waiverDays = 30

// pasteWaiver returns a waiver to paste into the lab file.
func pasteWaiver(checkpoint, reason string, now time.Time) string {
	return fmt.Sprintf("To do without this proof, add this line under `waivers:` in lab.yaml: `- {checkpoint: %s, reason: %q, expires: %s}`",
		checkpoint, reason, now.AddDate(0, 0, waiverDays).Format(time.DateOnly))
}

// maxOffset is how far a host's clock may be off. One-time codes and
// certificates tolerate more; correlating logs does not.
const maxOffset = 500 * time.Millisecond

// clockOffset compares the host's clock with the controller's, as precisely as
// the round trip allows.
func clockOffset(ctx context.Context, _ Vantage, target Target) Finding {
	before := time.Now()
	facts, err := target.Inside.Facts(ctx)
	if err != nil {
		return blind(err.Error())
	}
	return offsetFinding(before, time.Now(), facts.Clock)
}

// offsetFinding judges a clock that was read at some time between sent and
// received. Only a reading outside that interval certainly shows an offset.
func offsetFinding(sent, received, clock time.Time) Finding {
	offset := max(sent.Sub(clock), clock.Sub(received), 0).Round(time.Millisecond)
	expected := fields("offset", "at most "+maxOffset.String())
	observed := fields("offset", "at least "+offset.String(), "trip", received.Sub(sent).Round(time.Millisecond))
	if offset > maxOffset {
		return judged(expected, observed, "the clock is off by at least "+offset.String())
	}
	return judged(expected, observed)
}

// clockSynchronised asks the host itself whether a time daemon keeps its clock.
func clockSynchronised(ctx context.Context, _ Vantage, target Target) Finding {
	facts, err := target.Inside.Facts(ctx)
	if err != nil {
		return blind(err.Error())
	}
	if facts.Container != "" {
		return blind("cannot be observed here: a container has the clock of the machine it runs on. " +
			pasteWaiver("foundation.time-synchronised/clock-synchronised", "the machine it runs on keeps the clock", facts.Clock))
	}
	expected, observed := fields("synchronised", true), fields("synchronised", facts.ClockSynced)
	if facts.ClockSynced {
		return judged(expected, observed)
	}
	for _, c := range facts.Clocks {
		said := wordOr(c.Says, "nothing")
		observed = append(observed, fields(c.Daemon, said)...)
		if c.Synced {
			return judged(expected, append(fields("synchronised", true), observed[1:]...))
		}
	}
	return judged(expected, observed, notHeld(facts.Clocks))
}

// notHeld says why no time server keeps the clock, as far as the daemons tell.
func notHeld(clocks []wire.Clock) string {
	switch len(clocks) {
	case 0:
		return "no time server keeps the clock: the host has no time daemon"
	case 1:
		return "no time server keeps the clock: " + clocks[0].Daemon + " has no server, or does not run"
	}
	var names []string
	for _, c := range clocks {
		names = append(names, c.Daemon)
	}
	return "no time server keeps the clock, and several daemons compete to set it: " + strings.Join(names, ", ")
}
