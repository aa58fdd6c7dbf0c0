package resource

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"cairn/internal/problem"
)

// held holds a lock of apt's, as another apt does (fcntl(2)).
func held(t *testing.T, path string) (release func()) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	ok(t, err)
	ok(t, syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK}))
	return func() { _ = f.Close() }
}

// told has a resource brought about and returns what it said on the way.
func told(t *testing.T, b *bench, r Resource, each func(line string)) (lines []string, err error) {
	t.Helper()
	_, err = Converge(Telling(t.Context(), func(line string) {
		lines = append(lines, line)
		each(line)
	}), b.sys, r, "")
	return lines, err
}

func nothing(string) {}

func anyHas(lines []string, words ...string) bool {
	for _, line := range lines {
		found := 0
		for _, word := range words {
			if strings.Contains(line, word) {
				found++
			}
		}
		if found == len(words) {
			return true
		}
	}
	return false
}

const noHello = "dpkg --purge hello conform-other >/dev/null 2>&1 || true"

func TestOnAHostLocksOfAptAreWaitedFor(t *testing.T) {
	b := hostBench(t)
	for path, prepare := range map[string]string{
		"/var/lib/apt/lists/lock":      "rm -rf /var/lib/apt/lists/*_Packages*",
		"/var/cache/apt/archives/lock": "apt-get clean",
		"/var/lib/dpkg/lock-frontend":  ":",
	} {
		b.sh(t, noHello+"; "+prepare)
		release := held(t, path)
		// It is released only when somebody has been told of it.
		lines, err := told(t, b, Packages{Names: []string{"hello"}}, func(string) { release() })
		release()
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !anyHas(lines, path, "is held by conform (process ") {
			t.Errorf("%s: nothing says who holds it: %q", path, lines)
		}
	}
	b.sh(t, noHello)
}

// A repository that is not the distribution's fails: what Debian has is installed,
// and the repository is named. It is the first update, so the lists are not there.
func TestOnAHostARepositoryThatFailsIsLeftAside(t *testing.T) {
	b := hostBench(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/401"):
			http.Error(w, "who are you?", http.StatusUnauthorized)
		case strings.HasPrefix(r.URL.Path, "/403"):
			http.Error(w, "pay first", http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "/unsigned/./Release"):
			_, _ = w.Write([]byte("Origin: nobody\nDate: Sat, 01 Jan 2022 00:00:00 UTC\nSHA256:\n"))
		case strings.HasSuffix(r.URL.Path, "/early/./InRelease"):
			_, _ = w.Write([]byte("not a signature\n"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	const list = "/etc/apt/sources.list.d/conform.list"
	defer func() { lacks(list)(t, b); b.sh(t, noHello) }()
	var sources strings.Builder
	failing := []string{"401", "403", "404", "unsigned", "early"}
	for _, where := range failing {
		sources.WriteString("deb " + server.URL + "/" + where + " ./\n")
	}
	b.sh(t, noHello+"; rm -rf /var/lib/apt/lists/*_*")
	has(list, sources.String(), 0o644)(t, b)
	lines, err := told(t, b, Packages{Names: []string{"hello"}}, nothing)
	ok(t, err)
	for _, where := range failing {
		if !anyHas(lines, "apt left a repository aside", server.URL+"/"+where) {
			t.Errorf("%s: the repository is not named: %q", where, lines)
		}
	}
}

// Where what is needed cannot be had, the lists that did not arrive are the reason.
func TestOnAHostAMirrorThatIsDownIsTheReason(t *testing.T) {
	b := hostBench(t)
	b.sh(t, noHello+"; mkdir -p /root/aside; mv /etc/apt/sources.list.d/* /root/aside/; rm -rf /var/lib/apt/lists/*_*")
	defer b.sh(t, "rm -f /etc/apt/sources.list.d/*; mv /root/aside/* /etc/apt/sources.list.d/; apt-get -q update")
	has("/etc/apt/sources.list.d/down.list", "deb [trusted=yes] http://127.0.0.1:9/debian trixie main\n", 0o644)(t, b)
	_, err := told(t, b, Packages{Names: []string{"hello"}}, nothing)
	mustFail(t, err, "Unable to connect to 127.0.0.1:9")
	mustFail(t, err, "Unable to locate package hello")
}

// otherHello is a package that hello does not go with.
func otherHello(fields string) string {
	return `d=$(mktemp -d); mkdir $d/DEBIAN; printf 'Package: conform-other\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a>\nDescription: a\nConflicts: hello\n` +
		fields + `' >$d/DEBIAN/control; dpkg-deb --build $d $d.deb; dpkg --install $d.deb`
}

func TestOnAHostAPackageThatWouldGoIsNamed(t *testing.T) {
	b := hostBench(t)
	defer b.sh(t, noHello)
	b.sh(t, noHello+"; "+otherHello(""))
	_, err := Packages{Names: []string{"ed", "hello"}}.Check(t.Context(), b.sys)
	mustFail(t, err, "would remove conform-other")
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.PackageDisplaces || p.Remedy() == "" {
		t.Errorf("it is the problem %v", err)
	}
	replaces := Packages{Names: []string{"hello"}, Replaces: []string{"conform-other"}}
	d := check(t, b, replaces)
	if len(d.Changes) != 2 || d.Changes[1].Property != "conform-other" {
		t.Errorf("the plan says %+v", d.Changes)
	}
	bringAbout(t, b, replaces)
	b.sh(t, "! dpkg --status conform-other 2>/dev/null | grep 'install ok installed'")
}

func TestOnAHostWhatAnotherPackageProvidesIsThere(t *testing.T) {
	b := hostBench(t)
	defer b.sh(t, noHello)
	b.sh(t, noHello+"; "+otherHello(`Provides: other, hello (= 1)\n`))
	hello := Packages{Names: []string{"hello"}}
	if d := check(t, b, hello); !d.Empty() {
		t.Errorf("the plan says %+v", d.Changes)
	}
	ok(t, hello.Verify(t.Context(), b.sys))
}
