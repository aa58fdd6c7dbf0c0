package distro

// table lists the systems that Cairn manages.
var table = []Distribution{
	{
		ID: "debian", Name: "Debian", Family: debian, Mirror: "deb.debian.org",
		Releases: []Release{
			// Debian 12's docker-compose is version 1, which Docker no longer maintains.
			{Version{12, 0}, Version{9, 2}, Docker{Version: Version{20, 10}, Engine: []string{"docker.io"}}},
			{Version{13, 0}, Version{10, 0}, Docker{Version{26, 1}, []string{"docker.io", "docker-cli"}, "docker-compose"}},
		},
	},
	{
		ID: "ubuntu", Name: "Ubuntu", Family: debian, Mirror: "archive.ubuntu.com",
		Releases: []Release{
			{Version{22, 4}, Version{8, 9}, ubuntusDocker}, {Version{24, 4}, Version{9, 6}, ubuntusDocker},
			{Version{25, 4}, Version{9, 9}, ubuntusDocker}, {Version{25, 10}, Version{10, 0}, ubuntusDocker},
		},
	},
}

// ubuntusDocker is what every supported release of Ubuntu has, 22.04 since its
// updates: packages.ubuntu.com, docker.io and docker-compose-v2.
var ubuntusDocker = Docker{Version{24, 0}, []string{"docker.io"}, "docker-compose-v2"}

// Architectures maps uname's names of the processors that Cairn manages to Go's
// names.
var Architectures = map[string]string{"x86_64": "amd64", "aarch64": "arm64"}

// Rehearsed is the system that throw-away hosts run.
var Rehearsed = Image{
	Name: "Debian 13", Tag: "debian13", Registry: "docker.io/library/debian:13", Codename: "trixie",
	Packages: Archive{"/debian", "http://deb.debian.org/debian"}, Security: Archive{"/debian-security", "http://deb.debian.org/debian-security"},
	Sources: "etc/apt/sources.list.d/debian.sources", Keys: "/usr/share/keyrings/debian-archive-keyring.gpg",
}

// Image says how a system is made from packages, without a machine.
type Image struct {
	Name, Tag          string
	Registry           string // its own container image
	Codename           string
	Packages, Security Archive
	Sources            string // the file that names both on a fresh server
	Keys               string // what they are signed with
}

// Archive is a package repository: how the addresses of its mirrors end, and
// the address that serves everybody.
type Archive struct{ Ending, Address string }
