package resource

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestConformance tries the kinds that consist of files, in a scratch tree.
func TestConformance(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("files get owners, which only root can give")
	}
	conform(t, newBench(t.TempDir(), []string{"/"}, nil), fileExamples())
}

// ownersKey and strangersKey are public keys that nobody uses.
const (
	ownersKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl owner@laptop"
	// usersCertificate is a key signed by an authority. It is not a plain key.
	usersCertificate = "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIDVQ3LEmBqtBZRSPKfMJLoPtegnlLkufkpA5lNx8jMPhAAAAIHZgywq/5SBsvJb/2t0Z/qwybIM42I8dYW6FpaU7Q3iVAAAAAAAAAAAAAAABAAAAAm1lAAAABwAAAANvcHMAAAAAAAAAAP//////////AAAAAAAAAIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQtYWdlbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAAAAAAAKcGVybWl0LXB0eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAgcjs1UcbaNrDmFChJNe+4iR97MqVzCscBLuKM2cC8P/gAAABTAAAAC3NzaC1lZDI1NTE5AAAAQOgMn4lsVg/56D1qr8c3cceUPehHj5+tk3zA8GVEJCZ6boAkLMGPN3iEdp74ZfOf3fAJwaCVrWW9hyTWOgfZ1wM= user@laptop"
	strangersKey     = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUZ5qoWrSPVTrhSAyHnlYBPFHgLkVgHwkaoJxGnPbE+ somebody else"
	devicesKey       = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGUKzs+TNNqrlMaqtu8yVK1gLewkb7yoI63lovl8QHTL a device"
)

// fresh begins with a tree that has only the accounts and what the steps make.
func fresh(steps ...func(t testing.TB, b *bench)) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) {
		t.Helper()
		if b.sys.Root == "/" {
			t.Fatal("only a scratch tree can be emptied")
		}
		entries, err := os.ReadDir(b.sys.Root)
		ok(t, err)
		for _, entry := range entries {
			ok(t, os.RemoveAll(filepath.Join(b.sys.Root, entry.Name())))
		}
		b.put(t, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nops:x:1000:1001::/home/ops:/bin/bash\n", 0o644)
		b.put(t, "/etc/group", "root:x:0:\nops:x:1001:\n", 0o644)
		for _, step := range steps {
			step(t, b)
		}
	}
}

func has(path, content string, mode os.FileMode) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) { t.Helper(); b.put(t, path, content, mode) }
}

func hasLink(path, target string) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) {
		t.Helper()
		b.inside(t, path, func(root *os.Root, name string) error {
			return errors.Join(root.RemoveAll(name), root.Symlink(target, name))
		})
	}
}

func hasDir(path string, mode os.FileMode, uid, gid int) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) {
		t.Helper()
		b.inside(t, path, func(root *os.Root, name string) error {
			return errors.Join(root.MkdirAll(name, 0o755), root.Chown(name, uid, gid), root.Chmod(name, mode))
		})
	}
}

func lacks(path string) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) {
		t.Helper()
		b.inside(t, path, func(root *os.Root, name string) error { return root.RemoveAll(name) })
	}
}

func chmod(path string, mode os.FileMode) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) {
		t.Helper()
		b.inside(t, path, func(root *os.Root, name string) error { return root.Chmod(name, mode) })
	}
}

func chown(path string, uid, gid int) func(t testing.TB, b *bench) {
	return func(t testing.TB, b *bench) {
		t.Helper()
		b.inside(t, path, func(root *os.Root, name string) error { return root.Lchown(name, uid, gid) })
	}
}

// ways are the ways to tamper with a resource, by name.
type ways = map[string]func(t testing.TB, b *bench)

func fileExamples() []example {
	file := File{Path: "/srv/a/file", Content: Inline("one\ntwo\n"), Mode: 0o640, Owner: "ops"}
	badFiles := []Resource{
		File{Path: "srv/file"}, File{Path: "/srv/../etc/shadow"}, File{Path: "/"}, File{Path: "/a\x00b"},
		File{Path: "/a", Mode: 0o10000}, File{Path: "/a", Absent: true, Content: Inline("x")},
	}
	tamper := ways{
		"other content": has("/srv/a/file", "one\n", 0o640), "removed": lacks("/srv/a/file"), "mode": chmod("/srv/a/file", 0o644),
		"owner": chown("/srv/a/file", 0, 0), "a link in its place": hasLink("/srv/a/file", "/nowhere/file"),
	}
	secretFile := file
	secretFile.Sensitive = true
	return []example{
		releaseExample(),
		{
			name: "file, new", desired: file, begin: fresh(), tamper: tamper, bad: badFiles, change: has("/srv/a/file", "three\n", 0o600),
		}, {
			name: "file, in the place of another", desired: file, begin: fresh(has("/srv/a/file", "old\n", 0o600)), tamper: tamper, bad: badFiles,
			change: chmod("/srv/a/file", 0o604),
		}, {
			name: "file, in the place of a link", desired: file, begin: fresh(hasLink("/srv/a/file", "/nowhere/file")), tamper: tamper, bad: badFiles,
			change: has("/srv/a/file", "three\n", 0o600),
		}, {
			name: "file, sensitive", desired: secretFile, begin: fresh(has("/srv/a/file", "old\n", 0o600)), tamper: tamper, bad: badFiles,
			change: func(t testing.TB, b *bench) {
				has("/srv/a/file", "new\n", 0o600)(t, b)
				ok(t, os.Chtimes(b.sys.Path("/srv/a/file"), time.Now(), time.Now()))
			},
		}, {
			name: "file, below a directory of somebody else's", desired: File{Path: "/home/ops/a/b", Content: Inline("x"), Mode: 0o600, Owner: "ops"},
			begin:  fresh(hasDir("/home/ops", 0o700, 1000, 1001)),
			tamper: ways{"removed": lacks("/home/ops/a/b")}, bad: badFiles, change: has("/home/ops/a/b", "y", 0o600),
		}, {
			name: "file, absent", desired: File{Path: "/srv/a/file", Absent: true}, begin: fresh(has("/srv/a/file", "old\n", 0o600)),
			tamper: ways{"is there again": has("/srv/a/file", "old\n", 0o600)}, bad: badFiles,
		}, {
			name: "directory", desired: Directory{Path: "/srv/a/b", Mode: 0o2750, Owner: "ops", Group: "ops"}, begin: fresh(),
			tamper: ways{
				"removed": lacks("/srv/a/b"), "mode": chmod("/srv/a/b", 0o755), "owner": chown("/srv/a/b", 0, 1001), "group": chown("/srv/a/b", 1000, 0),
			},
			change: hasDir("/srv/a/b", 0o700, 0, 0),
			bad:    []Resource{Directory{Path: "b"}, Directory{Path: "/"}, Directory{Path: "/b", Mode: 0o20000}},
		},
		authorizedKeyExample(), authorizedKeyBesideOthers(), furtherKeysExample(), timezoneExample(), sysctlExample(),
	}
}

func authorizedKeyExample() example {
	const file = "/home/ops/.ssh/authorized_keys"
	return example{
		name: "authorized key, first", desired: AuthorizedKey{User: "ops", Line: ownersKey}, begin: fresh(hasDir("/home/ops", 0o700, 1000, 1001)),
		tamper: ways{
			"key removed": has(file, "", 0o600), "another key": has(file, strangersKey+"\n", 0o600), "mode": chmod(file, 0o644),
			"owner": chown(file, 0, 0), "directory": chmod("/home/ops/.ssh", 0o777), "removed": lacks("/home/ops/.ssh"),
			"commented out": has(file, "# "+ownersKey+"\n", 0o600), "narrowed": has(file, `command="false" `+ownersKey+"\n", 0o600),
		},
		change: has(file, strangersKey+"\n", 0o600),
		bad: []Resource{
			AuthorizedKey{User: "ops"}, AuthorizedKey{User: "ops", Line: ownersKey + "\n" + strangersKey}, AuthorizedKey{User: "ops", Line: "ssh-ed25519 owner"},
			AuthorizedKey{User: "../root", Line: ownersKey}, AuthorizedKey{User: "ops", Line: "no-pty " + ownersKey},
			AuthorizedKey{User: "ops", Line: usersCertificate}, AuthorizedKey{User: "ops", Line: "cert-authority " + ownersKey},
			AuthorizedKey{User: "ops", Line: strings.Replace(usersCertificate, "-cert-v01@openssh.com", "", 1)},
			AuthorizedKey{User: "ops", Line: "ssh-dss AAAAB3NzaC1kc3M= old"},
		},
	}
}

func authorizedKeyBesideOthers() example {
	e := authorizedKeyExample()
	const file = "/home/ops/.ssh/authorized_keys"
	others := "# mine\n\n" + strangersKey + "\n\tno-pty " + strangersKey // without an end of line
	e.name = "authorized key, beside others"
	e.begin = fresh(hasDir("/home/ops", 0o700, 1000, 1001), hasDir("/home/ops/.ssh", 0o700, 1000, 1001), has(file, others, 0o600), chown(file, 1000, 1001))
	e.tamper["other lines"] = has(file, others, 0o600)
	return e
}

// furtherKeysExample has one key already, in a line that restricts it. That line
// stays.
func furtherKeysExample() example {
	e := authorizedKeyExample()
	const file = "/home/ops/.ssh/authorized_keys"
	narrow := "# " + devicesKey + "\nrestrict,command=\"a b\" " + strangersKey + "\n"
	e.name = "authorized key, with further ones"
	e.desired = AuthorizedKey{User: "ops", Line: ownersKey, Further: []string{devicesKey, strangersKey}}
	e.begin = fresh(hasDir("/home/ops", 0o700, 1000, 1001), hasDir("/home/ops/.ssh", 0o700, 1000, 1001), has(file, narrow, 0o600), chown(file, 1000, 1001))
	e.tamper["further ones removed"] = has(file, ownersKey+"\n", 0o600)
	e.tamper["one made an authority"] = has(file, ownersKey+"\n"+devicesKey+"\ncert-authority "+strangersKey+"\n", 0o600)
	e.bad = append(e.bad, AuthorizedKey{User: "ops", Line: ownersKey, Further: []string{"no-pty " + devicesKey}})
	return e
}

func timezoneExample() example {
	zones := func(t testing.TB, b *bench) {
		has("/usr/share/zoneinfo/Europe/Berlin", "TZif Berlin", 0o644)(t, b)
		has("/usr/share/zoneinfo/Etc/UTC", "TZif UTC", 0o644)(t, b)
	}
	return example{
		name: "time zone", desired: Timezone{Name: "Europe/Berlin"}, begin: fresh(zones, hasLink("/etc/localtime", "../usr/share/zoneinfo/Etc/UTC")),
		tamper: ways{"another zone": hasLink("/etc/localtime", "../usr/share/zoneinfo/Etc/UTC"), "removed": lacks("/etc/localtime")},
		change: has("/etc/timezone", "Etc/UTC\n", 0o644),
		bad:    []Resource{Timezone{}, Timezone{Name: "../etc/shadow"}, Timezone{Name: "Europe/Berlin\n"}},
	}
}

func sysctlExample() example {
	const live, kept = "/proc/sys/net/ipv4/tcp_syncookies", "/etc/sysctl.d/60-cairn-net.ipv4.tcp_syncookies.conf"
	return example{
		name: "kernel setting", desired: Sysctl{Name: "net.ipv4.tcp_syncookies", Value: "1"}, begin: fresh(has(live, "0\n", 0o644)),
		tamper: ways{"at runtime": has(live, "0\n", 0o644), "after a restart": has(kept, "", 0o644), "removed": lacks(kept)},
		change: has(live, "2\n", 0o644),
		bad: []Resource{
			Sysctl{Value: "1"}, Sysctl{Name: "net.ipv4.tcp_syncookies"}, Sysctl{Name: "net/../../etc", Value: "1"}, Sysctl{Name: "a.b", Value: "1\nc.d=2"},
			Sysctl{Name: "a..b", Value: "1"},
		},
	}
}
