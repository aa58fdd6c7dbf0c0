package resource

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cairn/internal/problem"
	"cairn/internal/system"
)

// held holds a lock of apt's, as another apt would (fcntl(2)).
func held(t *testing.T, path string) (release func()) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	ok(t, err)
	ok(t, syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK}))
	return func() { _ = f.Close() }
}

// told brings a resource about and returns what it reported on the way.
func told(t *testing.T, b *bench, r Resource, each func(line string)) (lines []string, err error) {
	t.Helper()
	_, err = Converge(system.Telling(t.Context(), func(line string) {
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
		// The lock is released only once its holder has been reported.
		lines, err := told(t, b, Packages{Names: []string{"hello"}}, func(string) { release() })
		release()
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !anyHas(lines, path, "is held by conform (process ") {
			t.Errorf("%s: no line names its holder: %q", path, lines)
		}
	}
	b.sh(t, noHello)
}

// A repository that is not the distribution's fails. Debian's packages are
// installed, and the failed repository is named. It is the first update, so there
// are no lists yet.
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
		if !anyHas(lines, "apt skipped a repository", server.URL+"/"+where) {
			t.Errorf("%s: the repository is not named: %q", where, lines)
		}
	}
}

// If a needed package cannot be had, the reason is the lists that did not arrive.
func TestOnAHostAMirrorThatIsDownIsTheReason(t *testing.T) {
	b := hostBench(t)
	b.sh(t, noHello+"; mkdir -p /root/aside; mv /etc/apt/sources.list.d/* /root/aside/; rm -rf /var/lib/apt/lists/*_*")
	defer b.sh(t, "rm -f /etc/apt/sources.list.d/*; mv /root/aside/* /etc/apt/sources.list.d/; apt-get -q update")
	has("/etc/apt/sources.list.d/down.list", "deb [trusted=yes] http://127.0.0.1:9/debian trixie main\n", 0o644)(t, b)
	_, err := told(t, b, Packages{Names: []string{"hello"}}, nothing)
	mustFail(t, err, "Unable to connect to 127.0.0.1:9")
	mustFail(t, err, "Unable to locate package hello")
}

// otherHello is a package that conflicts with hello.
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

// A lock is never released. Its holder is named, with a code and what to do.
func TestOnAHostALockOfAptThatStaysIsNamed(t *testing.T) {
	b := hostBench(t)
	defer b.sh(t, noHello)
	defer within(&lockPatience, 3*time.Second)()
	b.sh(t, noHello)
	const path = "/var/lib/dpkg/lock-frontend"
	defer held(t, path)()
	_, err := told(t, b, Packages{Names: []string{"hello"}}, nothing)
	mustFail(t, err, "another program has held a lock of apt for 3s: "+path+" is held by conform (process ")
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.PackageLocked || !strings.Contains(p.Remedy(), "`kill "+strconv.Itoa(os.Getpid())+"`") {
		t.Errorf("the problem is %v, its fix %v", err, p.Remedy())
	}
}

// Some mirrors accept a connection and then send nothing. Others send so little
// that no timeout of apt's own ends it.
func TestOnAHostAMirrorThatSendsNothingIsNamed(t *testing.T) {
	b := hostBench(t)
	b.sh(t, noHello+"; mkdir -p /root/aside; mv /etc/apt/sources.list.d/* /root/aside/; rm -rf /var/lib/apt/lists/*_*; echo 127.0.0.1 slow.test >>/etc/hosts")
	defer b.sh(t, "rm -f /etc/apt/sources.list.d/*; mv /root/aside/* /etc/apt/sources.list.d/; apt-get -q update")
	shorter := slices.Clone(aptOptions) // four tries in turn; with its own 30 s, that would take two minutes
	shorter[slices.Index(shorter, "Acquire::http::Timeout=30")] = "Acquire::http::Timeout=3"
	defer within(&aptOptions, shorter)()
	saved := system.Silences[system.Fetching]
	defer func() { system.Silences[system.Fetching] = saved }()
	for name, c := range map[string]struct {
		limit   time.Duration
		trickle time.Duration
		says    string
		code    problem.Code
	}{
		"a word now and then": {4 * time.Second, time.Second / 2, "nothing has come from the mirror slow.test:", problem.PackageMirror},
		"nothing":             {saved, time.Hour, "slow.test:", problem.PackageSource},
	} {
		system.Silences[system.Fetching] = c.limit
		address := trickling(t, c.trickle)
		has("/etc/apt/sources.list.d/slow.list", "deb [trusted=yes] http://slow.test:"+address+"/debian trixie main\n", 0o644)(t, b)
		began := time.Now()
		_, err := told(t, b, Packages{Names: []string{"hello"}}, nothing)
		mustFail(t, err, c.says)
		if problem.CodeOf(err) != c.code || time.Since(began) > time.Minute {
			t.Errorf("%s: after %s it is %v", name, time.Since(began), err)
		}
		t.Logf("%s: after %s: %v", name, time.Since(began).Round(time.Second), err)
		b.sh(t, "! pgrep --runstates DRS -f [m]ethods/http")
	}
}

// trickling is a server on its own port. It sends a header that never ends.
func trickling(t *testing.T, every time.Duration) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Slow: ")
				for err == nil {
					time.Sleep(every)
					_, err = io.WriteString(conn, "a")
				}
			}()
		}
	}()
	_, port, err = net.SplitHostPort(l.Addr().String())
	ok(t, err)
	return port
}

// apt's progress comes from its output for programs.
func TestOnAHostAptShowsHowFarItIs(t *testing.T) {
	b := hostBench(t)
	defer b.sh(t, noHello)
	b.sh(t, noHello+"; apt-get clean; apt-get -q update")
	var seen []string
	var mu sync.Mutex
	ctx := system.Showing(t.Context(), func(text string) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, text)
	})
	_, err := Converge(ctx, b.sys, Packages{Names: []string{"hello"}}, "")
	ok(t, err)
	if len(seen) == 0 || !regexp.MustCompile(`^\d+ % (downloaded(, file \d+ of \d+)?|installed, at \S+)$`).MatchString(seen[0]) {
		t.Errorf("it showed %q", seen)
	}
}

// within sets a variable to a value for a while.
func within[T any](variable *T, value T) (restore func()) {
	saved := *variable
	*variable = value
	return func() { *variable = saved }
}
