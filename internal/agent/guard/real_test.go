package guard

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"cairn/internal/resource"
)

// dropin is a sound policy for sshd, and firewall is a sound table.
func dropin(more ...resource.SSHOption) resource.SSHDropin {
	options := []resource.SSHOption{{Keyword: "PermitRootLogin", Value: "no"}, {Keyword: "AllowGroups", Value: "ssh-users"}, {Keyword: "MaxAuthTries", Value: "4"}}
	return resource.SSHDropin{Name: "00-cairn.conf", Options: append(options, more...)}
}

func firewall(port string) resource.NftTable {
	return resource.NftTable{Family: "inet", Name: "cairn", Body: resource.Inline(`	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		ct state established,related accept
		tcp dport ` + port + ` accept
	}
`)}
}

// other is a table that is not Cairn's. It must stay.
const other = "nft add table inet others; nft add chain inet others c '{ type filter hook input priority 10; policy accept; }'; nft add rule inet others c tcp dport 9 drop"

func gate(deadline time.Duration) hostPlan {
	return hostPlan{Owner: "ops", Trial: true, Deadline: deadline}
}

// TestRealConfirmed makes a change for good. A restart does not end it.
func TestRealConfirmed(t *testing.T) {
	t.Parallel()
	h := newRealHost(t)
	h.sh(other)
	h.begin(gate(time.Minute), dropin(), firewall("22"))
	if s := h.control(); s.Phase != Persisted {
		t.Fatalf("the guard ended as %+v", s)
	}
	mustHold := func() {
		t.Helper()
		for what, script := range map[string]string{
			"the table is in force":    "nft list table inet cairn | grep -q 'dport 22 accept'",
			"sshd has the policy":      "mkdir -p /run/sshd; /usr/sbin/sshd -T | grep -qx 'maxauthtries 4'",
			"the alarm is gone":        "! ls /etc/systemd/system /etc/systemd/system/*/ /run/systemd/transient | grep cairn-guard; ! systemctl list-timers --all | grep cairn-guard",
			"nothing saved is left":    "! ls " + guardDir + " | grep cbor",
			"no unit is in bad health": "! systemctl --failed --no-legend | grep -i cairn",
		} {
			if got := h.sh("(" + script + ") >/dev/null 2>&1 && echo yes || echo no"); got != "yes\n" {
				t.Errorf("not true: %s", what)
			}
		}
		h.mustLetIn()
	}
	mustHold()
	if got := h.sh("nft list tables"); !strings.Contains(got, "others") {
		t.Errorf("another's table is gone: %s", got)
	}
	h.restart()
	mustHold()
}

// TestRealTimer kills the process that carries the guard out. The timer puts the
// host back, with the rules of others.
func TestRealTimer(t *testing.T) {
	t.Parallel()
	h := newRealHost(t)
	h.sh(other)
	h.begin(gate(30*time.Second), dropin(), firewall("2222"))
	h.awaitPhase(Prepared)
	h.signal("proceed")
	h.awaitPhase(Settled)
	h.sh("systemctl kill --signal=KILL guard-run.service")
	if h.login() == nil {
		t.Error("the firewall does not shut the owner out")
	}
	h.awaitPhase(RolledBack)
	h.mustBeAsBefore()
	h.mustLetIn()
}

// TestRealRestart cuts the power at several points.
func TestRealRestart(t *testing.T) {
	for point, end := range map[string]Phase{
		"armed": RolledBack, "applied sshd-dropin 00-cairn.conf": RolledBack, "applied": RolledBack, "rolling back": RolledBack,
		"confirmed": Persisted, "made permanent cairn": Persisted, "made permanent": Persisted,
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			h := newRealHost(t)
			p := gate(3 * time.Minute)
			p.Die = point
			h.begin(p, dropin(), firewall("22"))
			h.awaitPhase(Prepared)
			h.signal("proceed")
			if point == "rolling back" || end == Persisted {
				h.awaitPhase(Settled)
			}
			if end == Persisted {
				must(t, h.login())
				h.signal("confirm", nonce)
			} else if point == "rolling back" {
				h.signal("abort", "the test says so")
			}
			h.await("the process to die", func() bool {
				return strings.TrimSpace(h.sh("systemctl is-active guard-run.service || true")) != "active"
			})
			h.restart()
			s := h.awaitPhase(end)
			if point != "rolling back" && end == RolledBack && !strings.Contains(s.Reason, "the host restarted") {
				t.Errorf("the reason is %q", s.Reason)
			}
			if end == RolledBack {
				h.mustBeAsBefore()
			} else if got := h.sh("nft list table inet cairn; /usr/sbin/sshd -T | grep -x 'maxauthtries 4'"); !strings.Contains(got, "dport 22") {
				t.Errorf("the guard is %+v, and the host has\n%s", s, got)
			}
			h.mustLetIn()
		})
	}
}

// TestRealServerEnded has a configuration that is sound on paper, but with which
// the server cannot listen. The server ends. Putting back must start it again,
// even while systemd still waits for the reload that ended it. A reload or start
// that systemd is given during that time never happens.
func TestRealServerEnded(t *testing.T) {
	for name, setup := range map[string]string{
		"and systemd knows": "",
		"and systemd waits for its reload": `mkdir -p /etc/systemd/system/ssh.service.d
			printf '[Service]\nExecReload=/bin/sleep 300\n' >/etc/systemd/system/ssh.service.d/slow.conf
			systemctl daemon-reload`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newRealHost(t)
			h.sh(setup)
			h.begin(gate(30*time.Second), dropin(resource.SSHOption{Keyword: "ListenAddress", Value: "203.0.113.77:22"}))
			if s := h.control(); s.Phase != RolledBack {
				t.Errorf("the guard ended as %+v", s)
			}
			h.await("the server to be back", func() bool { return h.login() == nil })
			h.mustBeAsBefore()
		})
	}
}

// TestRealSecondChange replaces a policy and a table that are in force. The change
// is taken back by the timer, and by an orderly restart. At the same time, that
// restart loads the first ones from their files.
func TestRealSecondChange(t *testing.T) {
	t.Parallel()
	h := newRealHost(t)
	h.begin(gate(time.Minute), dropin(), firewall("22"))
	if s := h.control(); s.Phase != Persisted {
		t.Fatalf("the first guard ended as %+v", s)
	}
	for _, restarts := range []bool{false, true} {
		deadline := 10 * time.Second
		if restarts {
			deadline = 2 * time.Minute
		}
		h.begin(gate(deadline), dropin(resource.SSHOption{Keyword: "MaxSessions", Value: "3"}), firewall("2222"))
		h.awaitPhase(Prepared)
		h.signal("proceed")
		h.awaitPhase(Settled)
		if restarts {
			h.shutDownAndStart()
		} else {
			h.sh("systemctl kill --signal=KILL guard-run.service")
		}
		h.awaitPhase(RolledBack)
		h.mustBeAsBefore()
		h.mustLetIn()
	}
}

// TestRealFullDisk fills the disks after the change. The way back has its room
// reserved.
func TestRealFullDisk(t *testing.T) {
	t.Parallel()
	h := newRealHost(t)
	h.sh("mkdir -p /var/lib/cairn/runs && mount -t tmpfs -o size=24m none /var/lib/cairn/runs")
	h.begin(gate(15*time.Second), dropin(), firewall("2222"))
	h.awaitPhase(Prepared)
	h.signal("proceed")
	h.awaitPhase(Settled)
	if got := h.sh("dd if=/dev/zero of=/var/lib/cairn/runs/fill bs=4k 2>&1 || true"); !strings.Contains(got, "No space left") {
		t.Fatalf("the disk is not full: %s", got)
	}
	h.awaitPhase(RolledBack)
	h.mustBeAsBefore()
	h.mustLetIn()
}

// TestRealHomeOfAnEarlierInstallation makes a user whose home exists already and
// belongs to somebody else, with keys or without. Everything is put back. The
// owner's key does not stay there, and what was there before is unchanged.
func TestRealHomeOfAnEarlierInstallation(t *testing.T) {
	h := newRealHost(t)
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(h.owner.PublicKey())))
	for name, before := range map[string]string{
		"with keys":       "mkdir -p /home/ann/.ssh; echo '# old keys' >/home/ann/.ssh/authorized_keys; chmod 750 /home/ann/.ssh; chown -R 2000:2000 /home/ann",
		"without .ssh":    "mkdir -p /home/ann; chown -R 2000:2000 /home/ann",
		"with a link":     "mkdir -p /home/ann/keys; ln -s keys /home/ann/.ssh; chown -hR 2000:2000 /home/ann",
		"with other keys": "mkdir -p /home/ann/.ssh; echo '# old keys' >/home/ann/.ssh/other; chmod 700 /home/ann/.ssh; chown -R 2000:2000 /home/ann",
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			h.t = t
			h.sh("rm -rf /home/ann; " + before + "; find /home/ann -exec touch -h -d '2019-08-07 06:05:04' {} +")
			h.begin(hostPlan{Deadline: time.Minute},
				resource.Group{Name: "may-log-in", System: true},
				resource.User{Name: "ann", Home: "/home/ann", Shell: "/bin/bash", Groups: []string{"may-log-in"}},
				resource.AuthorizedKey{User: "ann", Line: line},
				resource.Sudoers{Name: "cairn-ann", Content: resource.Inline("ann ALL=(ALL:ALL) NOPASSWD: ALL\n")},
			)
			if s := h.awaitPhase(Settled, RolledBack, Stuck, Refused); s.Phase == Settled {
				h.signal("abort", "the test says so")
			}
			if s := h.awaitPhase(RolledBack, Stuck, Refused); s.Phase == Stuck {
				t.Errorf("the guard ended as %+v", s)
			}
			h.mustBeAsBefore()
		})
	}
	h.mustLetIn()
}

// TestRealNewUser makes a user with home, key and sudo, and takes that back. One
// time an abort does so, another time a power cut in the middle.
func TestRealNewUser(t *testing.T) {
	for _, point := range []string{"", "applied user ann", "applied group may-log-in", "applied sudoers cairn-ann", "applied"} {
		t.Run("cut at "+point, func(t *testing.T) {
			t.Parallel()
			h := newRealHost(t)
			line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(h.owner.PublicKey())))
			p := hostPlan{Deadline: 2 * time.Minute, Die: point}
			h.begin(p,
				resource.Group{Name: "may-log-in", System: true},
				resource.User{Name: "ann", Home: "/home/ann", Shell: "/bin/bash", Groups: []string{"may-log-in"}},
				resource.AuthorizedKey{User: "ann", Line: line},
				resource.Sudoers{Name: "cairn-ann", Content: resource.Inline("ann ALL=(ALL:ALL) NOPASSWD: ALL\n")},
			)
			if point == "" {
				h.awaitPhase(Settled)
				h.signal("abort", "the test says so")
			} else {
				h.await("the process to die", func() bool {
					return strings.TrimSpace(h.sh("systemctl is-active guard-run.service || true")) != "active"
				})
				h.restart()
			}
			if s := h.awaitPhase(RolledBack, Stuck, Refused); s.Phase != RolledBack {
				t.Errorf("the guard ended as %+v", s)
			}
			h.mustBeAsBefore()
			h.mustLetIn()
		})
	}
}
