package resource

import (
	"strings"
	"testing"
	"time"
)

// loadedAgain is the longest that a host may be without its table, whatever
// removed it.
const loadedAgain = 5 * time.Second

// mustComeBack waits until the table is as described. The file of rules must be
// the one that the host would load.
func mustComeBack(t *testing.T, b *bench, table NftTable) {
	t.Helper()
	for limit := time.Now().Add(loadedAgain); table.Verify(t.Context(), b.sys) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Errorf("not back within %s:\n%s", loadedAgain, b.sh(t, "nft list ruleset; systemctl status conform-firewall; journalctl -u conform-firewall -n 20"))
			return
		}
	}
}

func keptTable(t *testing.T, b *bench) NftTable {
	t.Helper()
	e := nftExample()
	e.begin(t, b)
	bringAbout(t, b, e.desired)
	return e.desired.(NftTable)
}

// After anything removes or changes the table, it is loaded again. That also holds
// if the watch was killed just before.
func TestOnAHostATableIsLoadedAgain(t *testing.T) {
	b := hostBench(t)
	defer does(noTable)(t, b)
	table := keptTable(t, b)
	// The order matters: a new watch loads the table and does not report what was
	// there before.
	for _, act := range []struct{ what, script string }{
		{"flushed", "nft flush ruleset"},
		{"deleted", "nft delete table inet conform"},
		{"emptied", "nft flush table inet conform"},
		{"a rule in front", "nft insert rule inet conform input tcp dport 8080 accept"},
		{"a rule less", "nft delete rule inet conform input handle $(nft -a list table inet conform | sed -n 's/.*l4proto.*handle //p')"},
		{"replaced by another", "nft 'delete table inet conform; table inet conform { chain input { type filter hook input priority 0; policy accept; }; }'"},
		{"nftables.service restarted", "systemctl restart nftables.service"},
		{"nftables.service reloaded", "systemctl start nftables.service; systemctl reload nftables.service"},
		{"nftables.service stopped", "systemctl stop nftables.service"},
		{"the watch killed", "systemctl kill --signal=KILL conform-firewall.service; nft flush ruleset"},
		{"nft monitor ended", "pkill -x nft || true; nft flush ruleset"},
		{"nft monitor hangs", "until pkill -STOP -f '^nft monitor'; do sleep 0.1; done; nft flush ruleset"},
		{"twenty flushes in a row", "for i in $(seq 20); do nft flush ruleset; done"},
		{"a trial that nobody ended", "cp /etc/cairn/conform.nft /run/conform-firewall.nft; nft flush ruleset; sleep 1; rm /run/conform-firewall.nft; nft flush ruleset"},
		{"its unit reloaded by itself", "systemctl reload conform-firewall.service; nft flush ruleset"},
	} {
		does(act.script)(t, b)
		mustComeBack(t, b, table)
		if t.Failed() {
			t.Fatal(act.what)
		}
	}
	if said := b.sh(t, "journalctl --no-pager --output=cat --unit=conform-firewall.service"); !strings.Contains(said, "was gone: loaded it again") ||
		!strings.Contains(said, "was changed: loaded it again") || !strings.Contains(said, "was there: tcp dport 8080 accept") {
		t.Errorf("the journal does not report what happened:\n%s", said)
	}
}

// Without a watch, the next start of another loader brings the table back.
func TestOnAHostATableFollowsOtherLoaders(t *testing.T) {
	b := hostBench(t)
	defer does(noTable)(t, b)
	table := keptTable(t, b)
	for _, script := range []string{"systemctl restart nftables.service", "systemctl stop nftables.service; systemctl start nftables.service"} {
		does(unwatched+script)(t, b)
		mustComeBack(t, b, table)
	}
}

// nft may list the same rules in other words, for example with other names in
// /etc/protocols. That is not a change.
func TestOnAHostOtherWordsAreNoChange(t *testing.T) {
	b := hostBench(t)
	defer does(noTable)(t, b)
	const names = "/etc/protocols"
	does("rm -f "+names)(t, b)
	table := keptTable(t, b)
	said := func() int {
		return strings.Count(b.sh(t, "journalctl --no-pager --output=cat --unit=conform-firewall.service"), "loaded it again")
	}
	before := said()
	does("printf 'tcp 6 TCP\nudp 17 UDP\n' >"+names)(t, b)
	defer lacks(names)(t, b)
	time.Sleep(2 * loadedAgain)
	if n := said() - before; n != 0 {
		t.Errorf("the table was loaded again %d times", n)
	}
	does("nft flush ruleset")(t, b)
	mustComeBack(t, b, table)
}

// The watch also keeps a table that a guard has put in force on trial, and the
// table that the guard's undo puts back. It never hinders either.
func TestOnAHostATrialIsKeptAndSoIsItsUndo(t *testing.T) {
	b := hostBench(t)
	defer does(noTable)(t, b)
	first := keptTable(t, b)
	second := first
	second.Body = Inline(strings.Replace(first.Body.Text(), "22,443", "22,8443", 1))
	for range 5 {
		undo, err := second.Capture(t.Context(), b.sys)
		ok(t, err)
		_, err = Converge(t.Context(), b.sys, second, "")
		ok(t, err)
		does("nft flush ruleset")(t, b)
		mustComeBack(t, b, second)
		ok(t, undo.Restore(t.Context(), b.sys))
		mustBeLike(t, b, undo)
		does("nft flush ruleset")(t, b)
		mustComeBack(t, b, first)
		mustBeLike(t, b, undo)
	}
	bringAbout(t, b, second)
	does("nft flush ruleset")(t, b)
	mustComeBack(t, b, second)
	if d := check(t, b, second); !d.Empty() {
		t.Errorf("it is not as described: %+v", d.Changes)
	}
}

// earlier is how an earlier Cairn kept a table: in a directory from which others
// load. Its unit stays active whatever happens to the table.
const earlier = `mkdir -p /etc/nftables.d
	printf 'table inet conform\ndelete table inet conform\ntable inet conform {\nchain input {\n}\n}\n' >/etc/nftables.d/conform.nft
	printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/sbin/nft -f /etc/nftables.d/conform.nft\n[Install]\nWantedBy=sysinit.target\n' >/etc/systemd/system/conform-firewall.service
	systemctl daemon-reload; systemctl enable --now conform-firewall.service`

func TestOnAHostATableMovesFromItsEarlierPlace(t *testing.T) {
	b := hostBench(t)
	defer does(noTable)(t, b)
	table := nftExample().desired.(NftTable)
	for _, neighbour := range []string{"", "/etc/nftables.d/owners.nft"} {
		does(noTable+"\n"+earlier)(t, b)
		if neighbour != "" {
			has(neighbour, "# the owner's\n", 0o644)(t, b)
		}
		before := b.portrait(t, withoutDirectoryTimes)
		undo, err := table.Capture(t.Context(), b.sys)
		ok(t, err)
		bringAbout(t, b, table)
		left := strings.TrimSpace(b.sh(t, "ls /etc/nftables.d/* 2>/dev/null || true"))
		if left != neighbour {
			t.Errorf("left in the earlier place: %q, want %q", left, neighbour)
		}
		does("nft delete table inet conform")(t, b)
		mustComeBack(t, b, table)
		ok(t, undo.Restore(t.Context(), b.sys))
		mustBeLike(t, b, undo)
		does("systemctl restart conform-firewall.service")(t, b)
		if d := apart(before, b.portrait(t, withoutDirectoryTimes)); d != "" {
			t.Errorf("not as it was (-before +after):\n%s", d)
		}
	}
}
