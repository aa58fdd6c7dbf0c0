package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"cairn/internal/engine"
)

// listeners lets a host run programs that listen: listen NAME PROTOCOL ADDRESS
// PORT.
const listeners = `	cat >/usr/local/bin/listen <<'END'
	use IO::Socket::IP;
	my ($name, $protocol, $address, $port) = @ARGV;
	$0 = $name;
	my $s = IO::Socket::IP->new(Proto => $protocol, LocalAddr => $address, LocalPort => $port, $protocol eq "tcp" ? (Listen => 5) : ()) or die "$port: $@";
	sleep;
END
	listen() { systemd-run --quiet --unit="$1-$4" perl /usr/local/bin/listen "$@"; }
`

// livedIn makes a fresh host one that is in use. Some accounts log in, and some
// cannot. Programs listen everywhere, on one address and on the loopback.
const livedIn = `
	set -e
	useradd -m -s /bin/bash alice && echo 'alice:a password' | chpasswd
	useradd -m -s /bin/bash bob && install -d -m 0700 -o bob -g bob /home/bob/.ssh
	install -m 0600 -o bob -g bob /root/.ssh/authorized_keys /home/bob/.ssh/authorized_keys
	useradd -m -s /usr/sbin/nologin eve && install -d -m 0700 -o eve -g eve /home/eve/.ssh
	install -m 0600 -o eve -g eve /root/.ssh/authorized_keys /home/eve/.ssh/authorized_keys
	useradd -m -s /bin/bash frank && echo 'frank:a password' | chpasswd && usermod --lock frank
	useradd -m -s /bin/bash grace && echo 'grace:a password' | chpasswd && chage --expiredate 2020-01-01 grace
` + listeners + `	listen jellyfin tcp 0.0.0.0 8096
	listen jellyfin tcp 127.0.0.1 8097
	listen homebridge tcp ADDRESS 51826
	listen mdns udp 0.0.0.0 5353
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends nftables sudo systemd-timesyncd tzdata unattended-upgrades ca-certificates >/dev/null
	echo 'APT::Periodic::Update-Package-Lists "0";' >/etc/apt/apt.conf.d/20auto-upgrades
	nft -f - <<'END'
	table ip containers {
		chain prerouting {
			type nat hook prerouting priority dstnat;
			tcp dport 8080 counter dnat to 172.17.0.2:80
		}
	}
END
	for port in 8096 8097 51826; do until ss -Htln | grep -q ":$port "; do sleep 0.1; done; done`

// TestPlanSaysWhatEnds checks the plan before the question. It names who will no
// longer get in and what nobody will reach any more. After the change, the plan no
// longer says so.
func TestPlanSaysWhatEnds(t *testing.T) {
	b := newBed(t, "server")
	b.run("server", strings.ReplaceAll(livedIn, "ADDRESS", b.host("server").Address.String()))
	logIn(t, b, "bob")
	today := time.Now().UTC().Format(time.DateOnly)
	want := []string{
		"alice can log in with a password today and will no longer get in over SSH.",
		"bob can log in with a key today and will no longer get in over SSH. Last login: " + today + ".",
		"root can log in with a key today and will no longer get in over SSH. You become root with sudo.",
		"These keys stay in authorized_keys, but will open nothing: bob (1), root (1). After a release they open the host again.",
		"8080/tcp is published for 172.17.0.2:80 and will be closed.",
		"5353/udp mdns listens on all addresses and will be closed.",
		"8096/tcp jellyfin listens on all addresses and will be closed.",
		"51826/tcp homebridge listens on " + b.host("server").Address.String() + " and will be closed.",
	}
	if diff := cmp.Diff(want, endings(t, b)); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	hostAddProposes(t, b)
	before := b.released("server")
	b.up()
	if told := endings(t, b); len(told) > 0 {
		t.Errorf("afterwards the plan still says:\n%s", strings.Join(told, "\n"))
	}
	hostIsReleased(t, b, before)
}

// endings are the plan's notes about logins and ports that end.
func endings(t *testing.T, b *bed) []string {
	t.Helper()
	var texts []string
	for _, n := range notes(t, b, engine.NoteAccess, engine.NoteReach) {
		texts = append(texts, n.Text)
	}
	return texts
}

// notes are the notes of some kinds in the plan of the first host.
func notes(t *testing.T, b *bed, kinds ...engine.NoteKind) []engine.Note {
	t.Helper()
	plan, err := b.engine().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Unreachable(); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(plan.Hosts[0].Notes, func(n engine.Note) bool { return !slices.Contains(kinds, n.Kind) })
}

// logIn opens and ends a session as a user with the owner's key, as ssh(1) does.
func logIn(t *testing.T, b *bed, user string) {
	t.Helper()
	client, err := ssh.Dial("tcp", b.host("server").Address.String()+":22", &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(ownerSigner(t, b))}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	if err := session.Run("true"); err != nil {
		t.Fatal(err)
	}
}

func ownerSigner(t *testing.T, b *bed) ssh.Signer {
	t.Helper()
	private, err := os.ReadFile(b.lab.SSH.Key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// hostAddProposes checks that the program names the programs that listen. With
// --write-open it writes them to the lab file, once.
func hostAddProposes(t *testing.T, b *bed) {
	t.Helper()
	o := newOwner(t, b, "server")
	const line = "open: [8080/tcp, 5353/udp, 8096/tcp, 51826/tcp]"
	add := func(args ...string) outcome {
		return o.finish(o.command(append([]string{"host", "add", "server", "--first-user", "root"}, args...)...), nil)
	}
	if told := add(); told.exit != 0 || !strings.Contains(told.stdout, "give server a line in lab.yaml:\n    "+line+"\n") {
		t.Errorf("host add ended with %d and said:\n%s%s", told.exit, told.stdout, told.stderr)
	}
	before, _ := os.ReadFile(filepath.Join(o.dir, "lab.yaml"))
	if told := add("--write-open"); told.exit != 0 {
		t.Errorf("host add --write-open ended with %d and said:\n%s%s", told.exit, told.stdout, told.stderr)
	}
	after, _ := os.ReadFile(filepath.Join(o.dir, "lab.yaml"))
	if diff := difference(string(before), string(after)); diff != "+     "+line+"\n" {
		t.Errorf("lab.yaml changed by:\n%s", diff)
	}
	if told := add("--write-open"); told.exit != 0 || strings.Contains(told.stdout, "open:") {
		t.Errorf("once written, host add ended with %d and said:\n%s%s", told.exit, told.stdout, told.stderr)
	}
}
