package problem

var guardBackground = map[Code]Background{
	GuardRefused: {
		Why:   "Before a guarded change, the host tries the new configuration separately, and rehearses the way back. One of these failed.",
		See:   "The cause is above. On the host, `journalctl -u 'cairn-*' -n 50` has the details.",
		Other: "Leave that change out: `cairn task list` shows which tasks can be left out.",
	},
	GuardRolledBack: {
		Why:   "After the change, Cairn could not log in over a new connection, a service did not start, or no confirmation came in time.",
		See:   "The cause is above. `cairn case history` shows the steps of the guard.",
		Other: "Read [how a guarded change works](../explanation/guard.md), and work from the console if you are locked out: [locked out](../how-to/locked-out.md).",
	},
	GuardStuck: {
		Why:   "While the host put the change back, it could not write a file, or a service did not start.",
		See:   "The message lists each remaining difference. On the host, `systemctl --failed` shows failed services.",
		Other: "Work from the console as [locked out](../how-to/locked-out.md) says. What was saved is still in `/var/lib/cairn`.",
	},
	GuardBusy: {
		Why:   "A run of another controller, or one that was cut off, has armed a change there.",
		See:   "`cairn status` shows it. On the host, `systemctl list-timers 'cairn-*'` shows when it undoes itself.",
		Other: "If its controller is gone for good, wait until the deadline: then the host puts the change back.",
	},
}
