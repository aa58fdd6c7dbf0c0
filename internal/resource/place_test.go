package resource

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"cairn/internal/system"
)

// scratchBench is a scratch tree with the accounts root and ops (1000, 1001).
func scratchBench(t *testing.T) *bench {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("files get owners, which only root can give")
	}
	b := newBench(t.TempDir(), []string{"/"}, nil)
	fresh()(t, b)
	return b
}

// The owner of a directory could put a link there and make root write elsewhere.
func TestLinksInSomebodysDirectoryLeadNowhere(t *testing.T) {
	for name, target := range map[string]string{"up": "../../etc", "far up": "../../../../../../../../etc", "absolute": "/etc"} {
		t.Run(name, func(t *testing.T) {
			b := scratchBench(t)
			hasDir("/home/ops", 0o700, 1000, 1001)(t, b)
			hasLink("/home/ops/dir", target)(t, b)
			before := b.portrait(t, everything)
			for _, r := range []Resource{
				File{Path: "/home/ops/dir/cairn-escaped", Content: Inline("x"), Owner: "ops", Mode: 0o600}, Directory{Path: "/home/ops/dir/cairn-escaped", Mode: 0o700},
				Directory{Path: "/home/ops/dir/cairn/escaped", Mode: 0o700},
			} {
				if err := r.Apply(t.Context(), b.sys, Diff{}); err == nil {
					t.Errorf("%s %s was made", r.Kind(), r.Key())
				}
			}
			if d := apart(before, b.portrait(t, everything)); d != "" {
				t.Errorf("something was changed:\n%s", d)
			}
		})
	}
}

func TestTheHostsOwnLinksAreFollowed(t *testing.T) {
	b := scratchBench(t)
	hasDir("/run", 0o755, 0, 0)(t, b)
	hasLink("/var/run", "../run")(t, b)
	_, err := Converge(t.Context(), b.sys, File{Path: "/var/run/a", Content: Inline("x"), Mode: 0o600}, "")
	ok(t, err)
	if _, _, found, err := b.sys.Stat("/run/a"); err != nil || !found {
		t.Errorf("the file is not where the link leads: %v", err)
	}
}

func TestAFileIsNotPutInThePlaceOfADirectory(t *testing.T) {
	for _, absent := range []bool{true, false} {
		b := scratchBench(t)
		hasDir("/srv/a", 0o755, 0, 0)(t, b)
		_, err := Converge(t.Context(), b.sys, File{Path: "/srv/a", Absent: absent, Mode: 0o600}, "")
		if err == nil || !strings.Contains(err.Error(), "/srv/a is a directory") {
			t.Errorf("absent %v: it ended with %v", absent, err)
		}
	}
}

func TestParentsOfADirectoryAreOpenToOthers(t *testing.T) {
	b := scratchBench(t)
	_, err := Converge(t.Context(), b.sys, Directory{Path: "/srv/a/b", Mode: 0o700}, "")
	ok(t, err)
	if _, have, _, err := b.sys.Stat("/srv/a"); err != nil || have.Mode != 0o755 {
		t.Errorf("the parent has the mode %s, %v", system.ModeText(have.Mode), err)
	}
}

func TestSecretsAreNotInDiffs(t *testing.T) {
	b := scratchBench(t)
	has("/srv/key", "old-password", 0o600)(t, b)
	file := File{Path: "/srv/key", Content: Inline("new-password"), Mode: 0o600, Sensitive: true}
	diff, err := Converge(t.Context(), b.sys, file, "")
	ok(t, err)
	for _, change := range diff.Changes {
		if text := change.From + change.To; strings.Contains(text, "password") || strings.Contains(text, "sha256") {
			t.Errorf("the diff says %s", text)
		}
	}
	if len(diff.Changes) != 1 {
		t.Errorf("%d changes", len(diff.Changes))
	}
}

// The keys' file belongs to somebody who could have put anything in it.
func TestAuthorizedKeysThatAreNoPlainFile(t *testing.T) {
	const file = "/home/ops/.ssh/authorized_keys"
	for name, plant := range map[string]func(t testing.TB, b *bench){
		"a pipe": func(t testing.TB, b *bench) { ok(t, syscall.Mkfifo(b.sys.Path(file), 0o600)) },
		"another name of a file": func(t testing.TB, b *bench) {
			has("/etc/secret", "x", 0o600)(t, b)
			ok(t, os.Link(b.sys.Path("/etc/secret"), b.sys.Path(file)))
		},
		"a link out of the home":   hasLink(file, "../../../etc/passwd"),
		"a directory":              hasDir(file, 0o700, 1000, 1001),
		"too large":                has(file, strings.Repeat("#\n", maxKeys), 0o600),
		"a link to all the folder": all(lacks("/home/ops/.ssh"), hasLink("/home/ops/.ssh", "../../etc")),
	} {
		t.Run(name, func(t *testing.T) {
			b := scratchBench(t)
			hasDir("/home/ops", 0o700, 1000, 1001)(t, b)
			hasDir("/home/ops/.ssh", 0o700, 1000, 1001)(t, b)
			plant(t, b)
			if _, err := Converge(t.Context(), b.sys, AuthorizedKey{User: "ops", Line: ownersKey}, ""); err == nil {
				t.Error("the key was added")
			}
			if _, _, found, _ := b.sys.Stat("/etc/authorized_keys"); found {
				t.Error("the key was written elsewhere")
			}
		})
	}
}

func TestOtherKeysStayAsTheyAre(t *testing.T) {
	const file = "/home/ops/.ssh/authorized_keys"
	for others, want := range map[string]string{
		"":                     ownersKey + "\n",
		"# a\r\n\n \tb":        "# a\r\n\n \tb\n" + ownersKey + "\n",
		strangersKey + "\n":    strangersKey + "\n" + ownersKey + "\n",
		"no-pty " + ownersKey:  "no-pty " + ownersKey + "\n" + ownersKey + "\n",
		ownersKey + " (mine)":  ownersKey + " (mine)",
		" " + ownersKey + "\n": " " + ownersKey + "\n",
	} {
		b := scratchBench(t)
		hasDir("/home/ops/.ssh", 0o700, 1000, 1001)(t, b)
		has(file, others, 0o600)(t, b)
		_, err := Converge(t.Context(), b.sys, AuthorizedKey{User: "ops", Line: ownersKey}, "")
		ok(t, err)
		if got, _, _ := b.sys.Read(file); string(got) != want {
			t.Errorf("%q became %q instead of %q", others, got, want)
		}
	}
}

// TestFurtherKeysAreAdded checks that only missing keys are added, and none beside
// a line that restricts the same key.
func TestFurtherKeysAreAdded(t *testing.T) {
	const file = "/home/ops/.ssh/authorized_keys"
	for before, want := range map[string]string{
		"":                             ownersKey + "\n" + devicesKey + "\n",
		devicesKey + " mine":           devicesKey + " mine\n" + ownersKey + "\n",
		"no-pty " + devicesKey + "\n":  "no-pty " + devicesKey + "\n" + ownersKey + "\n",
		"#no-pty " + devicesKey + "\n": "#no-pty " + devicesKey + "\n" + ownersKey + "\n" + devicesKey + "\n",
		"Cert-Authority,from=\"a b\" " + devicesKey + "\n": "Cert-Authority,from=\"a b\" " + devicesKey + "\n" + ownersKey + "\n" + devicesKey + "\n",
		strangersKey: strangersKey + "\n" + ownersKey + "\n" + devicesKey + "\n",
	} {
		b := scratchBench(t)
		hasDir("/home/ops/.ssh", 0o700, 1000, 1001)(t, b)
		has(file, before, 0o600)(t, b)
		_, err := Converge(t.Context(), b.sys, AuthorizedKey{User: "ops", Line: ownersKey, Further: []string{devicesKey}}, "")
		ok(t, err)
		if got, _, _ := b.sys.Read(file); string(got) != want {
			t.Errorf("%q became %q instead of %q", before, got, want)
		}
	}
}
