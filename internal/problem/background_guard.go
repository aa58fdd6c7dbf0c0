package problem

var guardBackground = map[Code]Background{
	GuardRefused: {
		Why:   "Before a guarded change, the host tries the new configuration on the side and rehearses putting the old one back. One of these failed.",
		See:   "The cause is above. On the host, `journalctl -u 'cairn-*' -n 50` has the details.",
		Other: "Leave that change out: `cairn task list` shows which tasks can be left out.",
	},
	GuardRolledBack: {
		Why:   "After the change nobody could log in over a new connection, a service did not start, or no confirmation came in time.",
		See:   "The cause is above. `cairn case history` shows the steps of the guard.",
		Other: "Read [how a guarded change works](../explanation/guard.md), and work from the console if you are locked out: [locked out](../how-to/locked-out.md).",
	},
	GuardStuck: {
		Why:   "While the change was put back, a file could not be written or a service did not start.",
		See:   "The message lists each difference that is left. On the host, `systemctl --failed` shows services.",
		Other: "Work from the console as [locked out](../how-to/locked-out.md) says. What was saved is still in `/var/lib/cairn`.",
	},
	GuardBusy: {
		Why:   "A run of another controller, or one that was cut off, has armed a change there.",
		See:   "`cairn status` shows it. On the host, `systemctl list-timers 'cairn-*'` shows when it undoes itself.",
		Other: "If its controller is gone for good, wait until the deadline has passed: the host puts the change back.",
	},
}
