package resource

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cairn/internal/problem"
)

// signedRepositories makes repositories below /srv/conform-repo, each with the
// package conform-other. sound is in order. future and expired are wrong by the
// clock. unborn was signed in the future. late is signed with a key whose expiry
// was put off after /etc/apt/keyrings/conform-old.gpg was written. gpg gets these
// other times by an option.
const signedRepositories = `set -e
mkdir -p -m 700 /root/conform-gpg /srv/conform-repo; cd /srv/conform-repo
export GNUPGHOME=/root/conform-gpg
key() { gpg --batch --quiet --passphrase "" --faked-system-time 20200101T000000 --quick-gen-key "$1" ed25519 sign "$2"; }
fingerprint() { gpg --list-keys --with-colons "$1" | awk -F: '/^fpr/ { print $10; exit }'; }
key conform-sound never; key conform-late 20200301T000000
gpg --export conform-late >/etc/apt/keyrings/conform-old.gpg
gpg --batch --quiet --passphrase "" --quick-set-expire $(fingerprint conform-late) never
gpg --export >/etc/apt/keyrings/conform.gpg
d=$(mktemp -d); mkdir $d/DEBIAN
printf 'Package: conform-other\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a>\nDescription: a\n' >$d/DEBIAN/control
dpkg-deb --build $d a.deb
sum() { sha256sum "$1" | cut -d' ' -f1; }
repository() {
	mkdir -p $1; cp a.deb $1/
	{ cat $d/DEBIAN/control; printf 'Filename: ./a.deb\nSize: %s\nSHA256: %s\n' $(stat -c %s a.deb) $(sum a.deb); } >$1/Packages
	printf 'Origin: conform\nDate: %s\n%bSHA256:\n %s %s Packages\n' "$(date -u -R -d "$3")" "$4" $(sum $1/Packages) $(stat -c %s $1/Packages) >$1/Release
	gpg --batch --quiet --faked-system-time $(date -u -d "$5" +%Y%m%dT%H%M%S) --local-user $2 --clearsign --output $1/InRelease $1/Release
}
repository sound conform-sound now '' now
repository future conform-sound '+40 days' '' now
repository unborn conform-sound '+40 days' '' '+40 days'
repository expired conform-sound 2022-01-01 'Valid-Until: Sat, 08 Jan 2022 00:00:00 UTC\n' now
repository late conform-late now '' now`

// ipv6OfItsOwn gives the host an IPv6 address with one silent port, and no route
// to any other address.
const ipv6OfItsOwn = `set -e; cp -p /etc/hosts /root/conform-hosts
sysctl -qw net.ipv6.conf.lo.disable_ipv6=0 net.ipv4.tcp_syn_retries=1
ip -6 address add 2001:db8::1/128 dev lo
nft 'add table ip6 conform-silent; add chain ip6 conform-silent in { type filter hook input priority 0; }; add rule ip6 conform-silent in tcp dport 8999 drop'
printf '%s\n' '2001:db8::1 refused.test' '2001:db8::1 silent.test' '2001:db8:5::1 away.test' '2001:db8::1 slow.test' '127.0.0.1 slow.test' >>/etc/hosts`

const noIPv6OfItsOwn = `cat /root/conform-hosts >/etc/hosts; ip -6 address del 2001:db8::1/128 dev lo
nft delete table ip6 conform-silent; sysctl -qw net.ipv4.tcp_syn_retries=6`

const noOther = "dpkg --purge conform-other >/dev/null 2>&1; rm -rf /var/lib/apt/lists/*_* /var/lib/apt/lists/partial/*"

// badSource is a repository that apt refuses.
type badSource struct {
	name, source string
	gpgv         bool // Debian 12's reader of signatures instead of Debian 13's
	says, fix    []string
	repair       string // what the fix says, as a script
}

const (
	conformList = "/etc/apt/sources.list.d/conform.list"
	sqvAside    = "mv /usr/bin/sqv /usr/bin/sqv.aside" // apt takes gpgv then
	sqvAgain    = "test ! -e /usr/bin/sqv.aside || mv /usr/bin/sqv.aside /usr/bin/sqv"
)

// signedSource is a source with its key in a file of /etc/apt/keyrings.
func signedSource(key, address string) string {
	return "deb [signed-by=/etc/apt/keyrings/" + key + ".gpg] " + address + " ./\n"
}

// badSources are served at the port, except for the one that is silent by IPv6.
func badSources(port, silent string) []badSource {
	server := "http://127.0.0.1:" + port + "/"
	// The host's clock is this machine's and stays. So the test makes the repository
	// right for the clock, and not the other way round.
	ofClock := func(name, where string, says ...string) badSource {
		return badSource{
			name: name, source: signedSource("conform", server+where), says: append(says, "/"+where, "this host's clock"),
			fix: []string{"set this host's clock", "date --utc --set"}, repair: "cp /srv/conform-repo/sound/* /srv/conform-repo/" + where + "/",
		}
	}
	ofKey := func(name, where, says string) badSource {
		return badSource{
			name: name, source: signedSource("conform-old", server+where), says: []string{"/" + where + " is signed with the key ", says},
			fix:    []string{"get the repository's present key", "the file that Signed-By names"},
			repair: "cp /etc/apt/keyrings/conform.gpg /etc/apt/keyrings/conform-old.gpg",
		}
	}
	ofIPv6 := func(name, port, says string) badSource {
		return badSource{
			name: name, source: signedSource("conform", "http://"+name+".test:"+port+"/sound"),
			says:   []string{name + ".test cannot be reached: this host knows only IPv6 addresses of it", says},
			fix:    []string{"getent ahosts " + name + ".test"},
			repair: "echo 127.0.0.1 " + name + ".test >>/etc/hosts",
		}
	}
	asDebian12 := func(s badSource) badSource {
		s.name, s.gpgv = s.name+", Debian 12", true
		return s
	}
	expiredKey, missingKey := ofKey("expired key", "late", "which has expired"), ofKey("missing key", "sound", "which this host does not have")
	mute := ofIPv6("silent", silent, "2001:db8::1: connection timed out")
	mute.repair += "; sed -i s/:" + silent + "/:" + port + "/ " + conformList
	return []badSource{
		ofClock("dated ahead", "future", "is dated 39d 23h ahead of"),
		ofClock("signed ahead", "unborn", "was signed at 2"),
		asDebian12(ofClock("signed ahead", "unborn", "is dated 39d 23h ahead of")),
		ofClock("out of date", "expired", "has been out of date for "),
		expiredKey, asDebian12(expiredKey), missingKey, asDebian12(missingKey),
		ofIPv6("refused", port, "2001:db8::1: connection refused"), ofIPv6("away", port, "2001:db8:5::1: "), mute,
	}
}

// What keeps apt from a repository is reported in a sentence with its cause and a
// fix. Packages from elsewhere are installed all the same. Packages from the
// repository are not, for that reason, until the fix is made.
func TestOnAHostWhatKeepsAptFromARepositoryIsSaid(t *testing.T) {
	b := hostBench(t)
	b.sh(t, "apt-get -q update; apt-get -q -y install --no-install-recommends gpg gpg-agent gpgv")
	b.sh(t, signedRepositories)
	b.sh(t, ipv6OfItsOwn)
	b.sh(t, "mkdir -p /root/aside; cp -a /srv/conform-repo /srv/conform-kept; cp -a /etc/apt/keyrings /root/conform-keyrings")
	defer b.sh(t, noHello+"; rm -rf /srv/conform-repo /srv/conform-kept /root/conform-gpg /etc/apt/keyrings/conform* /root/conform-keyrings")
	defer b.sh(t, noIPv6OfItsOwn)
	server := httptest.NewServer(http.FileServer(http.Dir("/srv/conform-repo")))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	sources := badSources(port, "8999")

	defer lacks(conformList)(t, b)
	besideDebian(t, b, sources)
	b.sh(t, "mv /etc/apt/sources.list.d/debian.sources /root/aside/")
	defer b.sh(t, noOther+"; mv /root/aside/* /etc/apt/sources.list.d/")
	for _, s := range sources {
		t.Run(s.name, func(t *testing.T) {
			defer b.sh(t, sqvAgain)
			if s.gpgv {
				b.sh(t, sqvAside)
			}
			b.sh(t, noOther+"; cp -a /srv/conform-kept/. /srv/conform-repo/; cp -a /root/conform-keyrings/. /etc/apt/keyrings/")
			alone(t, b, s)
			b.sh(t, noOther+"; "+s.repair)
			_, err := told(t, b, Packages{Names: []string{"conform-other"}}, nothing)
			ok(t, err)
		})
	}
	t.Run("an address of two works", func(t *testing.T) {
		b.sh(t, noOther+"; nft add rule ip6 conform-silent in tcp dport "+port+" drop")
		has(conformList, signedSource("conform", "http://slow.test:"+port+"/sound"), 0o644)(t, b)
		lines, err := told(t, b, Packages{Names: []string{"conform-other"}}, nothing)
		ok(t, err)
		if len(lines) > 0 {
			t.Errorf("it says %q", lines)
		}
	})
}

// alone lets the repository fail where there is no other.
func alone(t *testing.T, b *bench, s badSource) {
	t.Helper()
	has(conformList, s.source, 0o644)(t, b)
	_, err := told(t, b, Packages{Names: []string{"conform-other"}}, nothing)
	p := problem.Of(err)
	if p == nil || p.Code != problem.PackageSource {
		t.Fatalf("it is the problem %v", err)
	}
	if !anyHas([]string{p.Summary}, s.says...) || strings.Contains(p.Summary, "is not signed") {
		t.Errorf("it says %q", p.Summary)
	}
	if !anyHas([]string{p.Fix}, s.fix...) {
		t.Errorf("the fix is %q", p.Fix)
	}
}

// besideDebian lets all the repositories fail where the distribution's own work.
func besideDebian(t *testing.T, b *bench, sources []badSource) {
	t.Helper()
	var list strings.Builder
	failing := 0
	for _, s := range sources {
		if !s.gpgv {
			list.WriteString(s.source)
			failing++
		}
	}
	b.sh(t, noHello+"; "+noOther)
	has(conformList, list.String(), 0o644)(t, b)
	lines, err := told(t, b, Packages{Names: []string{"hello"}}, nothing)
	ok(t, err)
	for _, s := range sources {
		if want := append([]string{"apt skipped a repository: "}, append(s.says, s.fix...)...); !s.gpgv && !anyHas(lines, want...) {
			t.Errorf("nothing says %q: %q", want, lines)
		}
	}
	if len(lines) != failing {
		t.Errorf("%d repositories fail, and it says %q", failing, lines)
	}
}
