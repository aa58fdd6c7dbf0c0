package resource

import (
	"strings"
	"testing"
)

func mustFail(t *testing.T, err error, because string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), because) {
		t.Errorf("it ended with %v, not because %q", err, because)
	}
}

func TestOnAHostAnEarlierDropinIsFoundBeforehand(t *testing.T) {
	b := hostBench(t)
	does(plainSSH)(t, b)
	has("/etc/ssh/sshd_config.d/00-a.conf", "MaxAuthTries 5\n", 0o600)(t, b)
	s := SSHDropin{Name: "00-conform.conf", Options: []SSHOption{{"MaxAuthTries", "3"}}}
	mustFail(t, s.Precheck(t.Context(), b.sys), `sshd makes "5" of MaxAuthTries instead of "3"`)
}

func TestOnAHostWhatSSHDDoesNotKnowIsFoundBeforehand(t *testing.T) {
	b := hostBench(t)
	does(plainSSH)(t, b)
	before := b.portrait(t, everything)
	s := SSHDropin{Name: "00-conform.conf", Options: []SSHOption{{"NoSuchKeyword", "3"}}}
	mustFail(t, s.Precheck(t.Context(), b.sys), "Bad configuration option: NoSuchKeyword")
	_, err := Converge(t.Context(), b.sys, s, "")
	mustFail(t, err, "NoSuchKeyword")
	if d := apart(before, b.portrait(t, everything)); d != "" {
		t.Errorf("something was changed:\n%s", d)
	}
}

func TestOnAHostTheSocketDecidesOverThePort(t *testing.T) {
	b := hostBench(t)
	does(plainSSH+"; systemctl stop ssh.service; systemctl start ssh.socket")(t, b)
	defer does("systemctl stop ssh.socket; systemctl start ssh.service")(t, b)
	s := SSHDropin{Name: "00-conform.conf", Options: []SSHOption{{"Port", "2222"}}}
	mustFail(t, s.Precheck(t.Context(), b.sys), "ssh.socket")
}

func TestOnAHostSudoersAreReadBeforehand(t *testing.T) {
	b := hostBench(t)
	before := b.portrait(t, everything)
	_, err := Converge(t.Context(), b.sys, Sudoers{Name: "conform", Content: Inline("this is not sudoers\n")}, "")
	mustFail(t, err, "syntax error")
	if d := apart(before, b.portrait(t, everything)); d != "" {
		t.Errorf("something was changed:\n%s", d)
	}
}

func TestOnAHostSudoHasToReadTheDirectory(t *testing.T) {
	b := hostBench(t)
	does("rm -f /etc/sudoers.d/conform; cp -p /etc/sudoers /etc/sudoers.kept; sed -i /includedir/d /etc/sudoers")(t, b)
	defer does("mv /etc/sudoers.kept /etc/sudoers; rm -f /etc/sudoers.d/conform")(t, b)
	_, err := Converge(t.Context(), b.sys, Sudoers{Name: "conform", Content: Inline("nobody ALL=(ALL:ALL) NOPASSWD: ALL\n")}, "")
	mustFail(t, err, "sudo does not read /etc/sudoers.d/conform")
}

func TestOnAHostAUnitIsRestartedForANewFileOnly(t *testing.T) {
	b := hostBench(t)
	e := triggeredUnitExample()
	e.begin(t, b)
	pid := func() string { return b.sh(t, "systemctl show --property=MainPID conform.service") }
	first := pid()
	bringAbout(t, b, e.desired)
	second := pid()
	bringAbout(t, b, e.desired)
	if first == second || second != pid() {
		t.Errorf("%s, %s, %s", first, second, pid())
	}
}

func TestOnAHostATimersCommandArrivesAsItIs(t *testing.T) {
	b := hostBench(t)
	e := timerExample()
	e.begin(t, b)
	bringAbout(t, b, e.desired)
	does("systemctl start conform.service")(t, b)
	out := b.sh(t, "journalctl --no-pager --output=cat --unit=conform.service --grep=100")
	if !strings.Contains(out, `100% a "b" $HOME`) {
		t.Errorf("the command said %s", out)
	}
	_, err := Converge(t.Context(), b.sys, Timer{Name: "conform", OnCalendar: "sometimes", Command: []string{"/bin/true"}}, "")
	mustFail(t, err, "sometimes")
}

// A restart before the owner's login was proven must come up without the table. A
// restart after that must come up with it.
func TestOnAHostATableComesBackOnlyWhenItIsPersisted(t *testing.T) {
	b := hostBench(t)
	e := nftExample()
	e.begin(t, b)
	owners := b.sh(t, "nft list table inet owners")
	_, err := Converge(t.Context(), b.sys, e.desired, "")
	ok(t, err)
	if out := b.sh(t, "ls /etc/cairn /etc/nftables.d /etc/systemd/system/*.wants 2>/dev/null | grep -c conform-firewall || true"); out != "0\n" {
		t.Errorf("%s files bring the table back too early", out)
	}
	ok(t, e.desired.(NftTable).Persist(t.Context(), b.sys))
	does(unwatched+"nft delete table inet conform; systemctl restart conform-firewall.service")(t, b)
	if d := check(t, b, e.desired); !d.Empty() {
		t.Errorf("the table did not come back: %+v", d.Changes)
	}
	if now := b.sh(t, "nft list table inet owners"); now != owners {
		t.Errorf("the owner's own table was changed:\n%s", now)
	}
}

func TestOnAHostARuleThatNftDoesNotKnow(t *testing.T) {
	b := hostBench(t)
	nftExample().begin(t, b)
	table := NftTable{Family: "inet", Name: "conform", Body: Inline("chain input { no such rule; }\n")}
	mustFail(t, table.Precheck(t.Context(), b.sys), "syntax error")
	_, err := Converge(t.Context(), b.sys, table, "")
	mustFail(t, err, "nft does not accept the table")
}

func TestOnAHostPackagesThatAreNeededStay(t *testing.T) {
	b := hostBench(t)
	_, err := Converge(t.Context(), b.sys, Packages{Absent: []string{"openssh-client"}}, "")
	mustFail(t, err, "would be removed with it: openssh-server")
	ok(t, Packages{Names: []string{"openssh-client", "openssh-server"}}.Verify(t.Context(), b.sys))
}

func TestOnAHostAPackageThatDoesNotExist(t *testing.T) {
	b := hostBench(t)
	_, err := Converge(t.Context(), b.sys, Packages{Names: []string{"cairn-no-such-package"}}, "")
	mustFail(t, err, "Unable to locate package cairn-no-such-package")
}

// What the owner of an account has chosen stays. The lines in passwd and shadow
// are the same afterwards, byte for byte.
func TestOnAHostAnOwnersAccountStaysAsItIs(t *testing.T) {
	for name, makes := range map[string]string{
		"another shell":    "useradd --create-home --shell /bin/dash conform",
		"no shell named":   "useradd --create-home conform; sed -i '/^conform:/s,[^:]*$,,' /etc/passwd",
		"a home elsewhere": "useradd --create-home --home-dir /srv/conform --shell /bin/dash conform",
		"numbers, comment, password, ageing": `useradd --create-home --uid 4711 --gid users --groups adm --comment 'Ann O., Room 5' --shell /bin/dash conform
			echo conform:secret | chpasswd; chage --maxdays 90 conform`,
	} {
		t.Run(name, func(t *testing.T) {
			b := hostBench(t)
			b.sh(t, noUser+"; groupadd conform-group; "+makes)
			const look = "grep ^conform: /etc/passwd /etc/shadow; id --groups --name conform | sed 's/ conform-group//'; stat -c '%U %a %n' ~conform; ls -a ~conform"
			before := b.sh(t, look)
			bringAbout(t, b, User{Name: "conform", Home: "/home/conform", Shell: "/bin/bash", Groups: []string{"conform-group"}})
			if d := apart(before, b.sh(t, look)); d != "" {
				t.Errorf("the account is not what it was (-before +after):\n%s", d)
			}
			b.sh(t, "id --groups --name conform | grep conform-group; "+noUser)
		})
	}
}

func TestOnAHostAUserNeedsAShell(t *testing.T) {
	b := hostBench(t)
	u := User{Name: "conform", Home: "/home/conform", Shell: "/bin/no-such-shell"}
	mustFail(t, u.Precheck(t.Context(), b.sys), "/bin/no-such-shell is not there")
}
