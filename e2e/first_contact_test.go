package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cairn/internal/engine"
	"cairn/internal/golden"
	"cairn/internal/host"
)

// contactPage has the transcripts, each between two marks.
const contactPage = "../docs/how-to/first-contact.md"

// Passwords of the fresh machines.
const (
	mariaPassword = "maria of a test"
	freshPassword = "root of a test"
)

// freshMachine is a host as an installer or an image leaves it: its accounts, sudo
// and the SSH server's options. The images themselves cannot be had here.
type freshMachine struct {
	name    string
	prepare string // run as root
	flags   string // of `cairn host add atlas`
	user    string // who logs in
}

// freshStart removes what an earlier machine had.
const freshStart = `
	for u in maria debian; do userdel -rf $u 2>/dev/null || true; done
	rm -rf /etc/sudoers.d/[!R]* /etc/ssh/sshd_config.d/*.conf /root/.ssh/authorized_keys /var/lib/cairn
	passwd -l root >/dev/null
	cp -n /usr/lib/os-release /usr/lib/os-release.kept; cp /usr/lib/os-release.kept /usr/lib/os-release
`

// maria makes the first user, in the groups named if they are there.
func maria(groups string) string {
	return fmt.Sprintf("useradd -m -s /bin/bash maria; echo 'maria:%s' | chpasswd; for g in %s; do usermod -aG $g maria 2>/dev/null || true; done\n", mariaPassword, groups)
}

// rootMayUse gives root a password.
const rootPasswordSet = "echo 'root:" + freshPassword + "' | chpasswd; passwd -u root >/dev/null\n"

func freshMachines(key string) []freshMachine {
	return []freshMachine{
		// debian-installer without a root password: user-setup puts the user into sudo.
		{"debian-sudo", maria("cdrom floppy sudo audio dip video plugdev users netdev"), "--first-user maria", "maria"},
		// subiquity: the user of the identity section, root locked, ssh with allow-pw.
		{"ubuntu", maria("adm cdrom sudo dip plugdev lxd") +
			"echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/50-cloud-init.conf\n" +
			`sed -i 's/^ID=.*/ID=ubuntu/; s/^VERSION_ID=.*/VERSION_ID="24.04"/; s/^PRETTY_NAME=.*/PRETTY_NAME="Ubuntu 24.04.3 LTS"/' /usr/lib/os-release`,
			"--first-user maria", "maria"},
		// Raspberry Pi Imager: the user chosen there; since April 2026 sudo asks.
		{"raspberry", maria("adm dialout cdrom sudo audio video plugdev games users input netdev"), "--first-user maria", "maria"},
		// cloud-init with disable_root: a login with root's key only prints the name of
		// the right user.
		{"cloud", `useradd -m -s /bin/bash debian; install -d -m 0700 -o debian -g debian ~debian/.ssh
			echo 'debian ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/90-cloud-init-users
			echo 'PasswordAuthentication no' >/etc/ssh/sshd_config.d/50-cloud-init.conf
			echo '` + key + `' >~debian/.ssh/authorized_keys; chown debian: ~debian/.ssh/authorized_keys
			cat >/root/.ssh/authorized_keys <<'END'
no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command="echo 'Please login as the user \"debian\" rather than the user \"root\".';echo;sleep 1;exit 142" ` + key + `
END
			passwd -u root >/dev/null 2>&1 || usermod -p '*' root`, "", "debian"},
		// Proxmox VE's installer: only root, also with a password, and no sudo.
		{"proxmox", withoutSudo + rootPasswordSet + "echo 'PermitRootLogin yes' >/etc/ssh/sshd_config.d/pve.conf", "--ask-password", "root"},
		// debian-installer with a root password: a user without sudo, and a root who gets
		// in over SSH only with a key.
		{"debian-root", withoutSudo + rootPasswordSet + maria("cdrom floppy audio dip video plugdev users netdev"), "--first-user maria", "maria"},
	}
}

// withoutSudo removes sudo, as on machines whose installer leaves it out.
const withoutSudo = "SUDO_FORCE_REMOVE=yes dpkg --purge --force-depends sudo >/dev/null 2>&1\n"

// person answers what a first contact asks.
var person = []reply{
	{"Is it this one? [yes/no] ", "yes", "yes\n"},
	{"Password of maria on atlas, to log in: ", mariaPassword, ""},
	{"Password of maria on atlas, for sudo: ", mariaPassword, ""},
	{"Password of root on atlas, to log in: ", freshPassword, ""},
	{"Password of root on atlas, for su: ", freshPassword, ""},
	{"Make these changes? [yes/no] ", "yes", "yes\n"},
}

// A person meets each kind of fresh machine. Later commands go on as `host add`
// did. Plain Debian goes all the way to the owner's own login. A user without sudo
// looks from the machine next to it, and nothing is kept there.
func TestFirstContact(t *testing.T) {
	long(t)
	b := newBed(t, "atlas", "visitor")
	b.run("visitor", `useradd -m -s /bin/bash guest; install -d -m 0700 -o guest -g guest ~guest/.ssh; mv /root/.ssh/authorized_keys ~guest/.ssh/; chown guest: ~guest/.ssh/authorized_keys; `+withoutSudo)
	before := b.traces("visitor")
	key := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(b.key)))
	page := string(mustRead(t, contactPage))
	var o *owner
	for _, machine := range freshMachines(key) {
		b.run("atlas", "set -e; "+freshStart+machine.prepare+"\nsystemctl reload ssh")
		o = newOwner(t, b, "atlas", "visitor")
		if err := os.Remove(filepath.Join(o.dir, engine.StateDir, "known_hosts")); err != nil {
			t.Fatal(err)
		}
		o.write("lab.yaml", strings.Replace(string(mustRead(t, filepath.Join(o.dir, "lab.yaml"))), "user: ops\n    roles: [vantage]", "user: guest\n    roles: [vantage]", 1))
		args := strings.Fields("host add atlas " + machine.flags)
		said := o.talk(person, args...)
		if said.exit != 0 || !strings.Contains(said.stdout, "logged in as "+machine.user) {
			t.Fatalf("%s: host add ended with %d:\n%s", machine.name, said.exit, said.stdout)
		}
		o.noSecrets(machine.name)
		transcript := "$ cairn " + strings.Join(args, " ") + "\n" + steady(said.stdout, b.host("atlas").Address.String())
		page = withTranscript(t, page, machine.name, transcript)
		if said := o.talk(person, "plan"); said.exit != 0 || !strings.Contains(said.stdout, ", as "+machine.user) {
			t.Fatalf("%s: plan ended with %d:\n%s", machine.name, said.exit, said.stdout)
		}
	}
	golden.Check(t, contactPage, page)
	b.plainDebianToTheEnd(o)
	if left := difference(before, b.traces("visitor")); left != "" {
		t.Errorf("the visitor is not as it was:\n%s", left)
	}
}

// plainDebianToTheEnd brings the last machine up. After that, nothing of the first
// contact is needed any more.
func (b *bed) plainDebianToTheEnd(o *owner) {
	b.t.Helper()
	said := o.talk(append([]reply{{"Is it this one? [yes/no] ", "yes", "yes\n"}}, person...), "up")
	if said.exit != 0 {
		b.t.Fatalf("up ended with %d:\n%s", said.exit, said.stdout)
	}
	o.noSecrets("up")
	// Nobody is at a terminal any more.
	if e := o.run("plan", "--exit-code"); e.exit != 0 {
		b.t.Errorf("plan ended with %d:\n%s%s", e.exit, e.stdout, e.stderr)
	}
	kept := string(mustRead(b.t, filepath.Join(o.dir, engine.StateDir, "first-logins.json")))
	if strings.Contains(kept, "maria") {
		b.t.Errorf("still remembered is %s", kept)
	}
	if e := o.run("check", "foundation.firewall-blocks"); e.exit != 0 || !strings.Contains(e.stdout, "visitor") {
		b.t.Errorf("check ended with %d:\n%s%s", e.exit, e.stdout, e.stderr)
	}
	if logged := b.run("atlas", "journalctl --no-pager -q; cat /var/log/* 2>/dev/null || true"); strings.Contains(logged, freshPassword) || strings.Contains(logged, mariaPassword) {
		b.t.Error("a password is in a log of the host")
	}
	b.reachableAs(o, "atlas")
}

// reachableAs checks that the owner gets in with the key, and with sudo.
func (b *bed) reachableAs(o *owner, name string) {
	b.t.Helper()
	mirrored := *b.lab
	mirrored.Dir = o.dir
	c, err := host.New(host.Options{Lab: &mirrored, Dir: filepath.Join(o.dir, engine.StateDir)})
	if err != nil {
		b.t.Fatal(err)
	}
	session, err := c.Connect(b.t.Context(), b.host(name), host.Login{OwnerOnly: true})
	if err != nil {
		b.t.Errorf("the owner does not get in: %v", err)
		return
	}
	_ = session.Close()
}

// noSecrets checks that no file in the owner's folder has a password.
func (o *owner) noSecrets(when string) {
	o.t.Helper()
	files, err := filepath.Glob(filepath.Join(o.dir, engine.StateDir, "*"))
	if err != nil || len(files) == 0 {
		o.t.Fatalf("no files: %v", err)
	}
	for _, path := range files {
		for _, password := range []string{mariaPassword, freshPassword} {
			if strings.Contains(string(mustRead(o.t, path)), password) {
				o.t.Errorf("%s: %s holds a password", when, path)
			}
		}
	}
}

// traces are all files of a host in which Cairn must leave nothing. They exclude
// what a login itself leaves: the journal and the logs of logins. They also
// exclude what the kernel and systemd keep in memory.
func (b *bed) traces(name string) string {
	// systemd starts a service with a /tmp of its own when somebody asks for the time.
	// It comes and goes (systemd.exec(5), PrivateTmp).
	return b.run(name, `{ find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /var/log \) -prune -o -printf '%p %M %u %s\n' | grep -v '^/\(var/\)\?tmp ' | sort
		ls -A /tmp /var/tmp /dev/shm; find /run/user -name '.cairn*' 2>/dev/null; ls -d /run/cairn /var/lib/cairn 2>/dev/null; } | grep -v systemd-private- || true`)
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// withTranscript puts a transcript in its place on a page.
func withTranscript(t *testing.T, page, name, transcript string) string {
	t.Helper()
	place := regexp.MustCompile(`(?s)<!-- transcript ` + name + " -->\n```\n.*?```\n")
	if !place.MatchString(page) {
		t.Fatalf("the page has no place for the transcript %s", name)
	}
	return place.ReplaceAllLiteralString(page, "<!-- transcript "+name+" -->\n```\n"+transcript+"\n```\n")
}
