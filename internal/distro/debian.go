package distro

// debian is the family of Debian: apt, systemd's timesyncd, sudo's group.
var debian = Family{
	Packages: Packages{
		Manager: "apt", Install: "apt-get install -y", Quiet: "DEBIAN_FRONTEND=noninteractive",
		Base: []string{"ca-certificates", "sudo", "tzdata", "unattended-upgrades"},
	},
	SSH: SSH{
		Service: "ssh.service", Socket: "ssh.socket", CommandLine: "/etc/default/ssh", Variable: "SSHD_OPTS",
		Options: [][2]string{{"DebianBanner", "no"}}, // dev-sec's sshd-45
	},
	Updates: Updates{
		Files: []File{
			{Path: "/etc/apt/apt.conf.d/20auto-upgrades", Content: autoUpgrades, Reader: "apt"},
			{Path: "/etc/apt/apt.conf.d/52cairn-unattended-upgrades", Content: upgradePolicy},
		},
		Timers: []string{"apt-daily.timer", "apt-daily-upgrade.timer"}, // /usr/lib/apt/apt.systemd.daily
	},
	// timesyncd is a package of its own since Debian 12.
	Clock: TimeDaemon{"systemd-timesyncd", "systemd-timesyncd.service"},
	OtherClocks: []TimeDaemon{
		{"chrony", "chrony.service"}, {"ntp", "ntp.service"}, {"ntpsec", "ntpsec.service"}, {"openntpd", "openntpd.service"},
	},
	Firewalls: []Firewall{
		{Name: "nftables", Package: "nftables"},
		{"ufw", "ufw", "ufw disable"},
		{"firewalld", "firewalld", "systemctl disable --now firewalld"},
	},
	// The package dnsmasq would also start one on all addresses.
	Resolver: Resolver{"dnsmasq-base", "/usr/sbin/dnsmasq"},
	Admins:   "sudo",
	// The accounts of base-passwd (passwd.master and group.master), and those that
	// openssh-server, systemd, dbus and other packages of a plain installation
	// add.
	Accounts: []string{
		"adm", "audio", "backup", "bin", "cdrom", "crontab", "daemon", "dialout", "dip", "disk", "docker", "fax", "floppy", "games",
		"input", "irc", "kmem", "kvm", "landscape", "list", "lp", "lxd", "mail", "man", "messagebus", "netdev", "news", "nobody",
		"nogroup", "operator", "plugdev", "polkitd", "proxy", "render", "sasl", "sgx", "shadow", "src", "ssh", "sshd", "ssl-cert",
		"staff", "sudo", "sync", "sys", "syslog", "systemd-*", "tape", "tcpdump", "tss", "tty", "ubuntu-advantage", "users", "utmp",
		"uucp", "uuidd", "video", "voice", "www-data", "_apt", "_chrony", "_ssh",
	},
}

// autoUpgrades turns on unattended upgrades (apt.conf.d of the Debian wiki's
// page UnattendedUpgrades).
const autoUpgrades = `// Managed by Cairn.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
`

// upgradePolicy never restarts a host by itself: the owner, or a later task,
// plans a restart.
const upgradePolicy = `// Managed by Cairn.
Unattended-Upgrade::Automatic-Reboot "false";
Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";
`
