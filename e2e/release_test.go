package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// released is the host's fingerprint, with those kernel settings that Cairn sets.
// It leaves out the owner's way in, which stays: accounts, the owner's home and
// sudo. It also leaves out the file that the test changes meanwhile. A restored
// link has a new time, so released asks where the link leads.
func (b *bed) released(name string) string {
	b.t.Helper()
	stays := regexp.MustCompile(`(?m)^.*(/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?( |$)|/home/ops|/etc/sudoers\.d/cairn-ops|/20auto-upgrades|/etc/localtime l).*\n`)
	return stays.ReplaceAllString(b.fingerprint(name), "") + b.run(name, `
		cd /proc/sys/net; for f in ipv4/conf/all/accept_redirects ipv4/conf/all/log_martians ipv4/conf/all/send_redirects ipv4/tcp_syncookies; do echo "$f $(cat $f)"; done
		hostname; readlink /etc/localtime; systemctl is-enabled apt-daily-upgrade.timer; systemctl is-active cairn-firewall.service || true`)
}

// hostIsReleased checks that a release puts back everything that Cairn changed,
// and only that. The owner stays in. What somebody else has changed since stays,
// and the release says so.
func hostIsReleased(t *testing.T, b *bed, before string) {
	t.Helper()
	o := newOwner(t, b, "server")
	b.run("server", "echo '# edited by hand' >>/etc/apt/apt.conf.d/20auto-upgrades")
	kept := b.run("server", "stat -c %a /var/lib/cairn/originals /var/lib/cairn/originals/* | sort -u | xargs")
	if kept != "600 700\n" {
		t.Errorf("the saved originals have the modes %s", kept)
	}
	told := o.finish(o.command("host", "release", "server", "--yes"), nil)
	t.Logf("\n%s", told.stdout)
	if told.exit != 0 {
		t.Fatalf("host release ended with %d:\n%s%s", told.exit, told.stdout, told.stderr)
	}
	for _, want := range []string{"/etc/apt/apt.conf.d/20auto-upgrades, which somebody has changed since", "firewall table inet cairn", "the user ops with its key"} {
		if !strings.Contains(told.stdout, want) {
			t.Errorf("host release does not say %q", want)
		}
	}
	if left := b.run("server", "tail -n 1 /etc/apt/apt.conf.d/20auto-upgrades"); left != "# edited by hand\n" {
		t.Errorf("the file that was edited by hand ends with %q", left)
	}
	if d := difference(before, b.released("server")); d != "" {
		t.Errorf("after the release the host differs from before:\n%s", d)
	}
	b.reachable("server")
	if again := o.finish(o.command("host", "release", "server", "--yes"), nil); again.exit != 0 || !strings.Contains(again.stdout, "There is nothing to put back on server.") {
		t.Errorf("a second release ended with %d:\n%s%s", again.exit, again.stdout, again.stderr)
	}
}
