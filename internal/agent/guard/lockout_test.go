package guard

import (
	"regexp"
	"testing"
	"time"

	"cairn/internal/resource"
)

// lockout is a change that would lock the owner out of a real host.
type lockout struct {
	name      string
	setup     string // breaks something beforehand; repair undoes it
	repair    string
	resources []resource.Guardable
	end       Phase
	reason    string // a pattern that the reason must match
}

func option(keyword, value string) resource.SSHOption {
	return resource.SSHOption{Keyword: keyword, Value: value}
}

// sshd is a lock-out by an option of the SSH server.
func sshd(name string, end Phase, reason string, options ...resource.SSHOption) lockout {
	// The first value wins, so these stand before the sound ones.
	d := dropin()
	for _, o := range d.Options {
		if o.Keyword != options[0].Keyword {
			options = append(options[:len(options):len(options)], o)
		}
	}
	d.Options = options
	return lockout{name: name, resources: []resource.Guardable{d}, end: end, reason: reason}
}

func lockouts() []lockout {
	sound := []resource.Guardable{dropin(), firewall("22")}
	keys := resource.File{Path: "/home/ops/.ssh/authorized_keys", Owner: "ops", Group: "ops"}
	keysForAll := keys
	keysForAll.Content, keysForAll.Mode = resource.Inline("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA other\n"), 0o666
	otherKey := keysForAll
	otherKey.Mode = 0o600
	keys.Absent = true
	fromElsewhere := firewall("22")
	fromElsewhere.Body = resource.Inline(regexp.MustCompile(`tcp dport`).ReplaceAllString(fromElsewhere.Body.Text(), "ip saddr 203.0.113.0/24 tcp dport"))
	brokenTable := firewall("22")
	brokenTable.Body = resource.Inline(regexp.MustCompile(`policy drop`).ReplaceAllString(brokenTable.Body.Text(), "policy perhaps"))
	block := resource.File{Path: "/etc/ssh/sshd_config.d/01-block.conf", Content: resource.Inline("Match User ops\n\tPubkeyAuthentication no\nMatch all\n"), Mode: 0o600}
	return []lockout{
		sshd("AllowUsers without the owner", Refused, "AllowUsers does not name ops", option("AllowUsers", "somebody")),
		sshd("DenyUsers with the owner", Refused, "DenyUsers names ops", option("DenyUsers", "o?s")),
		sshd("AllowGroups without the owner", Refused, "AllowGroups names no group of ops", option("AllowGroups", "adm")),
		sshd("DenyGroups with the owner", Refused, "DenyGroups names a group of ops", option("DenyGroups", "ssh-*")),
		sshd("keys switched off", Refused, "PubkeyAuthentication is off", option("PubkeyAuthentication", "no")),
		sshd("a password asked for besides", Refused, "asks for more than a key", option("AuthenticationMethods", "publickey,password")),
		sshd("keys looked for elsewhere", Refused, "key is not in /etc/ssh/keys/ops", option("AuthorizedKeysFile", "/etc/ssh/keys/%u")),
		sshd("a keyword that there is not", Refused, "(?i)bad configuration option", option("NoSuchKeyword", "yes")),
		sshd("another port", Refused, "no longer listen on port 22", option("Port", "2222")),
		sshd("no shell", Refused, "ForceCommand", option("ForceCommand", "/bin/false")),
		{name: "a block for the owner alone", resources: []resource.Guardable{block}, end: RolledBack, reason: "PubkeyAuthentication is off"},
		sshd("no host key", Refused, "(?i)no host ?key", option("HostKey", "/etc/ssh/not_there")),
		sshd("a key exchange that the owner does not speak", Refused, "could not log in through the new configuration", option("KexAlgorithms", "diffie-hellman-group18-sha512")),
		sshd("a list of revoked keys that is not there", Refused, "RevokedKeys keeps the key out: there is no /etc/ssh/not_there, so the SSH server refuses every key", option("RevokedKeys", "/etc/ssh/not_there")),
		sshd("a locked account without PAM", Refused, "locked", option("UsePAM", "no")),
		sshd("listening to itself only", RolledBack, "could not get in after the change", option("ListenAddress", "127.0.0.1:22")),
		{name: "a firewall with another port", resources: []resource.Guardable{dropin(), firewall("2222")}, end: RolledBack, reason: "could not get in after the change"},
		{name: "a firewall for another network", resources: []resource.Guardable{dropin(), fromElsewhere}, end: RolledBack, reason: "could not get in after the change"},
		{name: "a firewall with an error", resources: []resource.Guardable{dropin(), brokenTable}, end: Refused, reason: "nft-table inet cairn was found wrong"},
		{name: "sudo taken away", resources: []resource.Guardable{resource.Sudoers{Name: "zz-last", Content: resource.Inline("ops ALL=(ALL:ALL) !ALL\n")}}, end: RolledBack, reason: "sudo without a password does not work"},
		{name: "sudo with a password", resources: []resource.Guardable{resource.Sudoers{Name: "zz-last", Content: resource.Inline("ops ALL=(ALL:ALL) PASSWD: ALL\n")}}, end: RolledBack, reason: "sudo without a password does not work"},
		{name: "a sudoers file with an error", resources: []resource.Guardable{resource.Sudoers{Name: "zz-last", Content: resource.Inline("ops ALL=(ALL:ALL NOPASSWD\n")}}, end: Refused, reason: "sudoers zz-last was found wrong"},
		{
			name: "another sudoers file that visudo refuses", setup: "echo 'nobody ALL=(ALL:ALL) ALL' > /etc/sudoers.d/theirs; chmod 0666 /etc/sudoers.d/theirs", repair: "rm /etc/sudoers.d/theirs",
			resources: []resource.Guardable{resource.Sudoers{Name: "conform", Content: resource.Inline("ops ALL=(ALL:ALL) NOPASSWD: ALL\n")}}, end: Refused, reason: "refuses a file that is there already: /etc/sudoers.d/theirs: bad permissions",
		},
		{name: "the key removed", resources: []resource.Guardable{keys}, end: RolledBack, reason: "key is not in"},
		{name: "another key in its place", resources: []resource.Guardable{otherKey}, end: RolledBack, reason: "could not get in after the change"},
		{name: "keys that all can change", resources: []resource.Guardable{keysForAll}, end: RolledBack, reason: "others can change /home/ops/.ssh/authorized_keys"},
		{name: "everybody kept out", resources: []resource.Guardable{resource.File{Path: "/etc/nologin", Mode: 0o644}}, end: RolledBack, reason: "/etc/nologin"},
		{name: "an expired account", setup: "usermod --expiredate 1 ops", repair: "usermod --expiredate '' ops", resources: sound, end: Refused, reason: "the account has expired"},
		{name: "a shell that lets nobody in", setup: "usermod --shell /usr/sbin/nologin ops", repair: "usermod --shell /bin/bash ops", resources: sound, end: Refused, reason: "lets nobody in"},
		{name: "a password to change", setup: "chage --lastday 0 ops", repair: "chage --lastday 20000 ops", resources: sound, end: Refused, reason: "has to be changed"},
		{name: "a home that all can change", setup: "chmod 0777 /home/ops", repair: "chmod 0755 /home/ops", resources: sound, end: Refused, reason: "others can change /home/ops "},
		{name: "a full disk", setup: "mount -t tmpfs -o size=1m none /var/lib/cairn/runs", repair: "umount /var/lib/cairn/runs", resources: sound, end: Refused, reason: "too little space"},
	}
}

// TestRealLockouts makes each of them on a real host, with a controller that looks
// from outside. Each is refused or taken back with its reason. The host is as it
// was, and the owner gets in.
func TestRealLockouts(t *testing.T) {
	t.Parallel()
	h := newRealHost(t)
	for _, l := range lockouts() {
		t.Run(l.name, func(t *testing.T) {
			h := *h
			h.t = t
			h.sh("true; " + l.setup)
			p := gate(40 * time.Second)
			_, p.Trial = l.resources[0].(resource.SSHDropin)
			h.begin(p, l.resources...)
			s := h.control()
			if s.Phase != l.end || !regexp.MustCompile(l.reason).MatchString(s.Reason) {
				t.Errorf("the guard ended as %q with the reason\n%s\nwant %q and %q", s.Phase, s.Reason, l.end, l.reason)
			}
			h.mustBeAsBefore()
			h.sh("true; " + l.repair)
			h.mustLetIn()
		})
	}
}
