package resource

import (
	"os"
	"strings"
	"testing"
)

// hostVariable says that this machine is a host made to be changed. The test that
// makes one sets it; nobody else should.
const hostVariable = "CAIRN_REAL_HOST"

// hostTrees are what the examples may touch on a real host. hostLooks are for what
// is not in files.
var (
	hostTrees = []string{"/etc", "/home", "/root", "/srv", "/var/mail", "/var/spool/cron", "/proc/sys/net/ipv4/tcp_syncookies"}
	hostLooks = [][]string{
		{"nft", "--stateless", "list", "ruleset"}, {"/usr/sbin/sshd", "-T"}, {"uname", "-n"},
		{"systemctl", "list-unit-files", "--no-legend", "--no-pager", "conform*", "ssh*"},
		{"systemctl", "show", "--property=ActiveState,NeedDaemonReload", "ssh.service", "conform.service", "conform.timer", "conform-firewall.service"},
		{"dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"},
	}
)

// TestConformanceOfAHost tries the kinds that need a real host, on this one.
func TestConformanceOfAHost(t *testing.T) {
	conform(t, hostBench(t), hostExamples())
}

// hostBench is this machine, if it was made to be changed.
func hostBench(t *testing.T) *bench {
	t.Helper()
	if os.Getenv(hostVariable) == "" {
		t.Skip("TestConformanceOnARealHost runs this where it may change things")
	}
	mustBeThrownAway(t)
	return newBench("/", hostTrees, hostLooks)
}

// mustBeThrownAway stops a test that would change a machine in use.
func mustBeThrownAway(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("/.dockerenv"); err != nil || os.Getenv(hostVariable) == "" {
		t.Fatal("this is not a container made to be changed")
	}
}

// does is a script as a step.
func does(script string) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) { t.Helper(); b.sh(t, script); b.settle(t) }
}

func all(steps ...func(t testing.TB, b *bench)) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) {
		t.Helper()
		for _, step := range steps {
			step(t, b)
		}
	}
}

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func hostExamples() []example {
	return append([]example{
		groupExample(), userExample(), userThereExample(), sudoersExample(), hostnameExample(), zoneOnHostExample(), settingOnHostExample(), keyOnHostExample(), exemptionExample(),
		dockerExample(), ownUnitExample(), triggeredUnitExample(), timerExample(), nftExample(), nftInPlaceOfAnother(), sshdExample(), sshdWithoutInclude(),
	}, packageExamples()...)
}

const noUser = `userdel --remove conform 2>/dev/null || true; rm -rf /home/conform /home/.cairn-tmp-*
	for g in conform conform-group; do groupdel $g 2>/dev/null || true; done; rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid-`

func groupExample() example {
	return example{
		name: "group", desired: Group{Name: "conform-group", System: true}, begin: does(noUser),
		tamper: ways{"removed": does("groupdel conform-group")}, change: nil,
		bad: []Resource{Group{}, Group{Name: "a b"}, Group{Name: "-g"}, Group{Name: "a:b"}},
	}
}

func userExample() example {
	user := User{Name: "conform", Home: "/home/conform", Shell: "/bin/bash", Groups: []string{"conform-group"}}
	return example{
		name: "user, new", desired: user, begin: all(does(noUser), does("groupadd conform-group")),
		tamper: ways{
			"removed": does("userdel --remove conform 2>/dev/null"), "closed shell": does("usermod --shell /usr/sbin/nologin conform"),
			"a shell that is gone": does("sed -i '/^conform:/s,[^:]*$,/usr/bin/no-such-shell,' /etc/passwd"), "group": does("gpasswd --delete conform conform-group"),
			"home": does("rm -rf /home/conform"), "shadow": does("sed -i /^conform:/d /etc/shadow"), "own group": does("sed -i /^conform:/d /etc/group /etc/gshadow"),
		},
		change: does("useradd --no-create-home conform"),
		bad: []Resource{
			User{Name: "root", Home: "/root", Shell: "/bin/sh"}, User{Name: "conform", Shell: "/bin/sh"}, User{Name: "conform", Home: "/home/conform"},
			User{Name: "a,b", Home: "/home/a", Shell: "/bin/sh"}, User{Name: "a", Home: "/home/a", Shell: "/bin/sh", Groups: []string{"x,y"}},
		},
	}
}

func userThereExample() example {
	e := userExample()
	e.name = "user, there with a closed shell, and a group of that name before"
	e.begin = all(does(noUser), does("groupadd conform-group; groupadd conform; useradd --gid conform --create-home --shell /usr/sbin/nologin conform; echo mine > /home/conform/mine"))
	e.change = does("gpasswd --add conform conform-group")
	return e
}

func sudoersExample() example {
	return example{
		name: "sudoers", desired: Sudoers{Name: "conform", Content: Inline("nobody ALL=(ALL:ALL) NOPASSWD: ALL\n")}, begin: does("rm -f /etc/sudoers.d/conform"),
		tamper: ways{
			"removed": lacks("/etc/sudoers.d/conform"), "content": has("/etc/sudoers.d/conform", "nobody ALL=(ALL:ALL) ALL\n", 0o440),
			"mode": chmod("/etc/sudoers.d/conform", 0o644), "owner": chown("/etc/sudoers.d/conform", 1, 0),
		},
		change: has("/etc/sudoers.d/conform", "# mine\n", 0o440),
		bad:    []Resource{Sudoers{Name: "a.b", Content: Inline("x\n")}, Sudoers{Name: "../x", Content: Inline("x\n")}, Sudoers{Name: "conform"}, Sudoers{Name: "a", Content: Inline("x")}},
	}
}

func hostnameExample() example {
	// The table's entries for other hosts stay: the tests of apt need their mirrors.
	const others = `others=$(grep -v ^127 /etc/hosts); printf '127.0.0.1 localhost\n%s\n' "$others" > /etc/hosts; `
	return example{
		name: "host name", desired: Hostname{Name: "conform"},
		begin: does("hostname before; echo before > /etc/hostname; " + others + "echo '127.0.1.1 before.lab before # own' >> /etc/hosts"),
		tamper: ways{
			"at runtime": does("hostname other"), "in the table of names": does(others),
		},
		change: does("hostname another"),
		bad:    []Resource{Hostname{}, Hostname{Name: "a.b"}, Hostname{Name: "-a"}, Hostname{Name: "A"}, Hostname{Name: strings.Repeat("a", 64)}},
	}
}

func zoneOnHostExample() example {
	e := timezoneExample()
	e.begin = does("ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime; rm -f /etc/timezone")
	return e
}

func settingOnHostExample() example {
	e := sysctlExample()
	const live, kept = "/proc/sys/net/ipv4/tcp_syncookies", "/etc/sysctl.d/60-cairn-net.ipv4.tcp_syncookies.conf"
	set := func(value string) func(t testing.TB, b *bench) {
		return func(t testing.TB, b *bench) { b.overwrite(t, live, value+"\n") }
	}
	e.begin = all(lacks(kept), lacks("/etc/sysctl.d/99-owner.conf"), set("0"))
	e.tamper = ways{"at runtime": set("0"), "after a restart": has(kept, "", 0o644), "removed": lacks(kept)}
	e.change = set("2")
	return e
}

func keyOnHostExample() example {
	e := authorizedKeyExample()
	e.begin = does(`id ops >/dev/null 2>&1 || useradd --create-home ops; rm -rf /home/ops/.ssh`)
	delete(e.tamper, "owner") // numbers of a scratch tree
	return e
}

// exemptionExample has the files of a program that is not installed. The e2e tests
// try the programs themselves.
func exemptionExample() example {
	const list = "/etc/portsentry/portsentry.ignore.static"
	return example{
		name: "exemption, a list of lines", desired: Exemption{Program: "portsentry", Networks: []string{"10.0.0.0/8", "fd83::/64"}},
		begin: all(has("/etc/portsentry/portsentry.conf", "", 0o644), has(list, "# mine\n127.0.0.1/32\n10.0.0.0", 0o600)),
		tamper: ways{
			"removed": lacks(list), "a line removed": does("sed -i /10.0.0.0.8/d " + list), "commented out": does("sed -i 's/^fd/#fd/' " + list),
		},
		change: has(list, "10.0.0.0/8\n", 0o600),
		bad: []Resource{
			Exemption{}, Exemption{Program: "portsentry"}, Exemption{Program: "none", Networks: []string{"10.0.0.0/8"}},
			Exemption{Program: "portsentry", Networks: []string{"10.0.0.1/8"}}, Exemption{Program: "portsentry", Networks: []string{"10.0.0.1"}},
		},
	}
}

const noUnits = `systemctl stop conform.timer conform.service 2>/dev/null || true
	systemctl reset-failed 'conform*' 2>/dev/null || true
	rm -f /etc/systemd/system/conform.* /etc/systemd/system/*.wants/conform.* /etc/conform.conf; systemctl daemon-reload`

const sleeper = "[Unit]\nDescription=Conformance\n\n[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n"

func ownUnitExample() example {
	const file = "/etc/systemd/system/conform.service"
	return example{
		name: "unit, own", desired: Unit{Name: "conform.service", Enabled: yes(), Active: yes(), Content: Inline(sleeper)},
		begin: does(noUnits),
		tamper: ways{
			"content": does("echo '# mine' >> " + file), "disabled": does("systemctl disable conform.service"), "stopped": does("systemctl stop conform.service"),
		},
		change: has(file, "[Service]\nExecStart=/bin/true\n", 0o644),
		bad: []Resource{
			Unit{}, Unit{Name: "conform.service"}, Unit{Name: "a b.service", Active: yes()}, Unit{Name: "conform", Active: yes()},
			Unit{Name: "../x.service", Active: yes()}, Unit{Name: "a.service", Active: yes(), Triggers: []string{"etc"}}, Unit{Name: "a.service", Content: Inline("x")},
		},
	}
}

func triggeredUnitExample() example {
	e := ownUnitExample()
	e.name = "unit, restarted when a file is newer"
	e.desired = Unit{Name: "conform.service", Enabled: no(), Active: yes(), Triggers: []string{"/etc/conform.conf"}}
	e.begin = all(does(noUnits), has("/etc/systemd/system/conform.service", sleeper, 0o644),
		// The kernel stamps files with the time of its last tick, some milliseconds ago.
		does("systemctl daemon-reload; systemctl enable --now conform.service; sleep 0.1; echo new > /etc/conform.conf"))
	e.tamper = ways{"enabled": does("systemctl enable conform.service"), "stopped": does("systemctl stop conform.service")}
	e.change = does("systemctl stop conform.service")
	return e
}

func timerExample() example {
	return example{
		name:    "timer",
		desired: Timer{Name: "conform", Description: "Conformance", OnCalendar: "*-*-* 04:00:00", Command: []string{"/bin/echo", "100%", `a "b"`, "$HOME"}},
		begin:   does(noUnits),
		tamper: ways{
			"stopped": does("systemctl stop conform.timer"), "other time": does("sed -i s/04/05/ /etc/systemd/system/conform.timer"),
			"other command": does("sed -i s/echo/false/ /etc/systemd/system/conform.service"),
		},
		change: has("/etc/systemd/system/conform.timer", "[Timer]\nOnCalendar=daily\n", 0o644),
		bad: []Resource{
			Timer{Name: "a", OnCalendar: "daily"}, Timer{Name: "a", OnCalendar: "daily", Command: []string{"echo"}}, Timer{Name: "a", Command: []string{"/bin/echo"}},
			Timer{Name: "a.b", OnCalendar: "daily", Command: []string{"/bin/echo"}}, Timer{Name: "a", OnCalendar: "daily\nUnit=x", Command: []string{"/bin/echo"}},
		},
	}
}

const (
	noTable = `systemctl stop conform-firewall.service 2>/dev/null || true
		rm -f /etc/systemd/system/conform-firewall*.service /etc/systemd/system/*.wants/conform-firewall*.service /run/conform-firewall.nft
		rmdir --ignore-fail-on-non-empty /etc/systemd/system/*.wants
		rm -rf /etc/nftables.d /etc/cairn; systemctl daemon-reload; nft 'table inet conform; delete table inet conform; table inet owners; delete table inet owners'
		nft 'table inet owners { chain c { type filter hook input priority 10; policy accept; tcp dport 9999 drop; }; }'`
	// unwatched lets a test change the table without Cairn loading it again.
	unwatched = "systemctl stop conform-firewall.service; "
	// The host's own resolver may be on the loopback interface.
	rules = "chain input {\n type filter hook input priority 0; policy accept;\n iifname lo accept\n ct state { established,related } accept\n" +
		" ip saddr { 10.0.0.0/8, 192.168.0.0/16 } tcp dport { 22,443 } counter accept\n iifname \"br-*\" accept\n meta l4proto udp drop\n}\n"
)

func nftExample() example {
	return example{
		name: "nftables table, new", desired: NftTable{Family: "inet", Name: "conform", Body: Inline(rules)}, begin: does(noTable),
		tamper: ways{
			"removed": does(unwatched + "nft delete table inet conform"), "a rule more": does(unwatched + "nft insert rule inet conform input tcp dport 8080 accept"),
			"the same rule twice":        does(unwatched + "nft add rule inet conform input meta l4proto udp drop"),
			"a rule less":                does(unwatched + "nft delete rule inet conform input handle $(nft -a list table inet conform | sed -n 's/.*l4proto.*handle //p')"),
			"the policy":                 does(unwatched + "nft 'chain inet conform input { policy drop; }'; nft 'chain inet conform input { type filter hook input priority 0; policy drop; }'"),
			"a set more":                 does(unwatched + "nft 'add set inet conform extra { type ipv4_addr; }'"),
			"the file it is loaded from": all(does(unwatched+"nft flush table inet conform"), lacks("/etc/cairn/conform.nft")),
		},
		change: does("nft 'table inet conform { chain input { tcp dport 1 drop; }; }'"),
		bad: []Resource{
			NftTable{Family: "bridge", Name: "a"}, NftTable{Family: "inet", Name: "a b"}, NftTable{Family: "inet", Name: "a", Body: Inline("chain x {\n")},
			NftTable{Family: "inet", Name: "a", Body: Inline("}\ntable inet b {\n")},
		},
	}
}

func nftInPlaceOfAnother() example {
	e := nftExample()
	e.name = "nftables table, in the place of another"
	e.begin = all(does(noTable), does("nft 'table inet conform { chain input { type filter hook input priority 0; policy accept; tcp dport 22 accept; }; }'"))
	e.change = does("nft add rule inet conform input tcp dport 1 drop")
	return e
}

const plainSSH = `rm -f /etc/ssh/sshd_config.d/*; cat > /etc/ssh/sshd_config.d/50-cloud-init.conf <<END
PasswordAuthentication yes
Match User nobody
	MaxAuthTries 1
END
	printf 'Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\nSubsystem sftp /usr/lib/openssh/sftp-server\n' > /etc/ssh/sshd_config
	systemctl reset-failed ssh.service; systemctl restart ssh.service`

func sshdExample() example {
	const file = "/etc/ssh/sshd_config.d/00-conform.conf"
	return example{
		name: "sshd drop-in",
		desired: SSHDropin{Name: "00-conform.conf", Options: []SSHOption{
			{"PermitRootLogin", "prohibit-password"}, {"PasswordAuthentication", "no"}, {"X11Forwarding", "no"}, {"LoginGraceTime", "1m"}, {"MaxAuthTries", "3"},
		}},
		begin: does(plainSSH),
		tamper: ways{
			"removed": lacks(file), "another value": does("sed -i 's/MaxAuthTries 3/MaxAuthTries 6/' " + file),
			"something set before": does("sed -i '1iX11Forwarding yes' /etc/ssh/sshd_config"),
		},
		change: has(file, "MaxAuthTries 1\n", 0o600),
		bad: []Resource{
			SSHDropin{Name: "cairn.conf"}, SSHDropin{Name: "00-../x.conf"}, SSHDropin{Name: "00-a.conf", Options: []SSHOption{{"UsePAM", ""}}},
			SSHDropin{Name: "00-a.conf", Options: []SSHOption{{"UsePAM", "yes\nPermitRootLogin yes"}}},
			SSHDropin{Name: "00-a.conf", Options: []SSHOption{{"Match", "all"}}}, SSHDropin{Name: "00-a.conf", Options: []SSHOption{{"include", "/x"}}},
		},
	}
}

func sshdWithoutInclude() example {
	e := sshdExample()
	e.name = "sshd drop-in, where sshd_config reads drop-ins last"
	e.begin = all(does(plainSSH), does("sed -i 1d /etc/ssh/sshd_config; echo 'Include /etc/ssh/sshd_config.d/*.conf' >> /etc/ssh/sshd_config; systemctl restart ssh.service"))
	return e
}

// packageExamples use small packages that nothing needs.
func packageExamples() []example {
	bad := []Resource{Packages{}, Packages{Names: []string{"-y"}}, Packages{Names: []string{"a b"}}, Packages{Names: []string{"ed"}, Absent: []string{"ed"}}}
	const without = "rm -f /var/lib/dpkg/updates/*; dpkg --configure -a; dpkg --purge ed hello >/dev/null 2>&1 || true"
	return []example{
		{
			name: "packages", desired: Packages{Names: []string{"hello", "ed"}}, begin: does(without),
			tamper: ways{"one removed": does("dpkg --remove ed"), "one purged": does("dpkg --purge hello")},
			change: does("apt-get -q -y install hello"), bad: bad,
		}, {
			name: "packages, unpacked and no more", desired: Packages{Names: []string{"hello"}},
			begin:  does(without + "; cd /var/cache/apt/archives; ls hello_*.deb >/dev/null 2>&1 || apt-get -q download hello; dpkg --unpack hello_*.deb"),
			tamper: ways{"removed": does("dpkg --remove hello")}, bad: bad,
		}, {
			name: "packages, after dpkg was interrupted", desired: Packages{Names: []string{"hello"}},
			begin: does(without + `; dpkg-query --status bash | sed -n '/^Package/,$p' > /var/lib/dpkg/updates/0001`),
			// The tampering also leaves dpkg interrupted. Only dpkg's journal shows that.
			tamper: ways{"removed": does("dpkg --remove hello; dpkg-query --status bash > /var/lib/dpkg/updates/0002")}, bad: bad,
		}, {
			name: "packages, absent", desired: Packages{Absent: []string{"ed"}}, begin: does(without + "; apt-get -q -y install ed"),
			tamper: ways{"is there again": does("apt-get -q -y install ed")}, bad: bad,
		},
	}
}
